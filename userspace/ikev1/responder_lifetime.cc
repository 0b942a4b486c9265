#include "ikev1/responder_lifetime.h"

#include <algorithm>
#include <chrono>

#include "wire/attribute_list.h"

namespace keyline::ikev1 {
namespace {

namespace attribute = wire::ipsec_attribute;

template <typename Duration>
void shorten(std::optional<Duration>& known, Duration told) {
    if (told != Duration{}) known = known ? std::min(*known, told) : told;
}

void take(std::uint64_t life_type, std::uint64_t value, exchange::QmTransform& chosen) {
    if (life_type == wire::kLifeSeconds) {
        shorten(chosen.life_seconds, std::chrono::seconds(std::min<std::uint64_t>(value, UINT32_MAX)));
    } else if (life_type == wire::kLifeKilobytes) {
        shorten(chosen.life_octets, wire::octets_of_kilobytes(value));
    }
}

void add(std::vector<wire::Attribute>& attributes, std::uint16_t life_type, std::uint64_t value) {
    attributes.push_back(wire::number_attribute(attribute::kLifeType, life_type));
    attributes.push_back(wire::number_attribute(
        attribute::kLifeDuration, static_cast<std::uint32_t>(std::min<std::uint64_t>(value, UINT32_MAX))));
}

}  // namespace

std::optional<wire::Payload> build_responder_lifetime(const policy::Lifetime& own,
                                                      const exchange::QmTransform& chosen,
                                                      std::uint32_t inbound_spi) {
    std::vector<wire::Attribute> attributes;
    if (own.hard_time.count() != 0 && chosen.life_seconds && own.hard_time < *chosen.life_seconds)
        add(attributes, wire::kLifeSeconds, static_cast<std::uint64_t>(own.hard_time.count()));
    const std::uint32_t kilobytes = wire::kilobytes_of_octets(own.hard_octets);
    if (kilobytes != 0 && chosen.life_octets && own.hard_octets < *chosen.life_octets)
        add(attributes, wire::kLifeKilobytes, kilobytes);
    if (attributes.empty()) return std::nullopt;
    wire::Writer list;
    wire::build_attributes(list, attributes);
    wire::Notification notify{.protocol_id = wire::protocol::kEsp,
                              .spi = {},
                              .type = wire::notify::kResponderLifetime,
                              .data = std::move(list).finish().value_or(Bytes{})};
    append_be32(notify.spi, inbound_spi);
    return wire::Payload{std::move(notify)};
}

void take_responder_lifetime(const Incoming& message, exchange::QmTransform& chosen) {
    for (const wire::Notification* notify : wire::find_all<wire::Notification>(message.payloads)) {
        if (notify->type != wire::notify::kResponderLifetime || notify->protocol_id != wire::protocol::kEsp)
            continue;
        const auto attributes = wire::parse_attributes(wire::Reader(notify->data, 0));
        if (!attributes) continue;
        std::uint64_t life_type = 0;
        for (const wire::Attribute& each : *attributes) {
            const std::uint64_t value = each.number().value_or(0);
            if (each.type == attribute::kLifeType) life_type = value;
            if (each.type == attribute::kLifeDuration) take(life_type, value, chosen);
        }
    }
}

}  // namespace keyline::ikev1
