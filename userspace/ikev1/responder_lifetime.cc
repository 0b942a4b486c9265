#include "ikev1/responder_lifetime.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "exchange/life.h"
#include "wire/attribute_list.h"

namespace keyline::ikev1 {
namespace {

using exchange::LifeAttributes;
using Attributes = std::vector<wire::Attribute>;

template <typename Duration>
void shorten(std::optional<Duration>& known, Duration told) {
    if (told != Duration{}) known = known ? std::min(*known, told) : told;
}

struct Lives {
    std::optional<std::chrono::seconds>& seconds;
    std::optional<std::uint64_t>& octets;
};

void take(const Attributes& attributes, LifeAttributes numbers, Lives lives) {
    std::uint64_t life_type = 0;
    for (const wire::Attribute& each : attributes) {
        const std::uint64_t value = each.number().value_or(0);
        if (each.type == numbers.type) life_type = value;
        if (each.type != numbers.duration) continue;
        if (life_type == wire::kLifeSeconds)
            shorten(lives.seconds, std::chrono::seconds(std::min<std::uint64_t>(value, UINT32_MAX)));
        if (life_type == wire::kLifeKilobytes) shorten(lives.octets, wire::octets_of_kilobytes(value));
    }
}

void take(const Incoming& message, std::uint8_t protocol, LifeAttributes numbers, Lives lives) {
    for (const wire::Notification* notify : wire::find_all<wire::Notification>(message.payloads)) {
        if (notify->type != wire::notify::kResponderLifetime || notify->protocol_id != protocol) continue;
        const auto attributes = wire::parse_attributes(wire::Reader(notify->data, 0));
        if (attributes) take(*attributes, numbers, lives);
    }
}

std::optional<wire::Payload> build(std::uint8_t protocol, Bytes spi, const Attributes& attributes) {
    if (attributes.empty()) return std::nullopt;
    wire::Writer list;
    wire::build_attributes(list, attributes);
    return wire::Payload{wire::Notification{.protocol_id = protocol,
                                            .spi = std::move(spi),
                                            .type = wire::notify::kResponderLifetime,
                                            .data = std::move(list).finish().value_or(Bytes{})}};
}

}  // namespace

std::optional<wire::Payload> build_responder_lifetime(const Session& session) {
    const policy::MainMode& own = session.main_mode;
    const exchange::MmTransform& chosen = session.chosen->transform;
    Attributes attributes;
    if (chosen.lifetime && own.lifetime < *chosen.lifetime)
        append_life(attributes, exchange::kMainModeLife, own.lifetime);
    if (own.lifetime_octets < chosen.life_octets.value_or(UINT64_MAX))
        append_life(attributes, exchange::kMainModeLife, own.lifetime_octets);
    return build(wire::protocol::kIsakmp, cookies_of(session), attributes);
}

std::optional<wire::Payload> build_responder_lifetime(const policy::Lifetime& own,
                                                      const exchange::QmTransform& chosen,
                                                      std::uint32_t inbound_spi) {
    Attributes attributes;
    if (chosen.life_seconds && own.hard_time < *chosen.life_seconds)
        append_life(attributes, exchange::kQuickModeLife, own.hard_time);
    if (chosen.life_octets && own.hard_octets < *chosen.life_octets)
        append_life(attributes, exchange::kQuickModeLife, own.hard_octets);
    Bytes spi;
    append_be32(spi, inbound_spi);
    return build(wire::protocol::kEsp, std::move(spi), attributes);
}

void take_responder_lifetime(const Incoming& message, exchange::MmTransform& chosen) {
    take(message, wire::protocol::kIsakmp, exchange::kMainModeLife, {chosen.lifetime, chosen.life_octets});
}

void take_responder_lifetime(const Incoming& message, exchange::QmTransform& chosen) {
    take(message, wire::protocol::kEsp, exchange::kQuickModeLife, {chosen.life_seconds, chosen.life_octets});
}

}  // namespace keyline::ikev1
