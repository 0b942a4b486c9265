#include "exchange/qm_proposal.h"

#include <algorithm>
#include <cmath>

#include "exchange/life.h"
#include "wire/attributes.h"
#include "wire/numbers.h"

namespace keyline::exchange {
namespace {

using policy::Encryption;
using policy::EspSuite;
using policy::Integrity;
namespace attribute = wire::ipsec_attribute;

struct TransformCode {
    Encryption encryption;
    std::uint8_t id;
    bool has_key_length;      // Key Length attribute (Q4)
    std::uint8_t key_octets;  // where there is none
};
constexpr TransformCode kTransforms[] = {
    {Encryption::kNull, wire::esp_transform::kNull, false, 0},
    {Encryption::kDesCbc, wire::esp_transform::kDes, false, 8},
    {Encryption::k3desCbc, wire::esp_transform::k3des, false, 24},
    {Encryption::kAesCbc, wire::esp_transform::kAesCbc, true, 0},
    {Encryption::kAesGcm16, wire::esp_transform::kAesGcm16, true, 0},
    {Encryption::kAesGmac, wire::esp_transform::kAesGmac, true, 0},
};

struct IntegrityCode {
    Integrity integrity;
    std::uint16_t code;
};
constexpr IntegrityCode kIntegrities[] = {
    {Integrity::kHmacMd5_96, wire::ipsec_authentication::kHmacMd5},
    {Integrity::kHmacSha1_96, wire::ipsec_authentication::kHmacSha1},
    {Integrity::kHmacSha256_128, wire::ipsec_authentication::kHmacSha256},
    {Integrity::kHmacSha384_192, wire::ipsec_authentication::kHmacSha384},
    {Integrity::kHmacSha512_256, wire::ipsec_authentication::kHmacSha512},
};

// The share of a shorter hard limit that it was of one's own; 80 % where there was none.
std::uint64_t soft_limit(std::uint64_t hard, std::uint64_t own_soft, std::uint64_t own_hard) {
    const bool known = own_soft != 0 && own_hard != 0;
    const double share = known ? static_cast<double>(own_soft) / static_cast<double>(own_hard) : 0.8;
    return static_cast<std::uint64_t>(std::llround(static_cast<double>(hard) * share));
}

wire::Transform build_transform(std::uint8_t number, const EspSuite& suite,
                                const policy::QuickMode& quick_mode, std::uint16_t encapsulation) {
    const auto* code = std::ranges::find(kTransforms, suite.encryption, &TransformCode::encryption);
    wire::Transform transform{.number = number, .id = code->id};
    const auto add = [&](std::uint16_t type, std::uint32_t value) {
        transform.attributes.push_back(wire::number_attribute(type, value));
    };
    append_life(transform.attributes, kQuickModeLife, quick_mode.lifetime.hard_time);
    append_life(transform.attributes, kQuickModeLife, quick_mode.lifetime.hard_octets);
    if (quick_mode.pfs_group != policy::DhGroup::kNone) {
        add(attribute::kGroupDescription, static_cast<std::uint16_t>(quick_mode.pfs_group));
    }
    add(attribute::kEncapsulationMode, encapsulation);
    if (suite.integrity != Integrity::kNone) {
        add(attribute::kAuthentication,
            std::ranges::find(kIntegrities, suite.integrity, &IntegrityCode::integrity)->code);
    }
    if (code->has_key_length) add(attribute::kKeyLength, suite.key_octets * 8U);
    if (quick_mode.esn) add(attribute::kExtendedSequenceNumber, 1);
    return transform;
}

// Collects a transform's attributes; false as soon as one has an unknown type or value.
class TransformReader {
  public:
    explicit TransformReader(const wire::Transform& transform) : transform_(transform) {}

    std::optional<QmTransform> read() {
        for (const wire::Attribute& entry : transform_.attributes) {
            const auto value = entry.number();
            if (!value || !take(entry.type, *value)) return std::nullopt;
        }
        if (!suite() || result_.encapsulation == 0) return std::nullopt;
        return result_;
    }

  private:
    bool take(std::uint16_t type, std::uint64_t value) {
        switch (type) {
            case attribute::kLifeType:
                life_type_ = value;
                return value == wire::kLifeSeconds || value == wire::kLifeKilobytes;
            case attribute::kLifeDuration:
                return take_duration(value);
            case attribute::kGroupDescription:
                return small(value, result_.group);
            case attribute::kEncapsulationMode:
                return small(value, result_.encapsulation);
            case attribute::kAuthentication: {
                const auto* known = std::ranges::find_if(
                    kIntegrities, [&](const IntegrityCode& integrity) { return integrity.code == value; });
                if (known == std::end(kIntegrities)) return false;
                result_.suite.integrity = known->integrity;
                return true;
            }
            case attribute::kKeyLength:
                key_bits_ = value;
                return value == 128 || value == 192 || value == 256;
            case attribute::kExtendedSequenceNumber:
                result_.esn = value == 1;
                return value <= 1;
            default:
                return false;
        }
    }

    bool take_duration(std::uint64_t value) {
        if (value == 0) return false;
        if (life_type_ == wire::kLifeSeconds) {
            result_.life_seconds = std::chrono::seconds(std::min<std::uint64_t>(value, UINT32_MAX));
        } else if (life_type_ == wire::kLifeKilobytes) {
            result_.life_octets = wire::octets_of_kilobytes(value);
        } else {
            return false;
        }
        return true;
    }

    static bool small(std::uint64_t value, std::uint16_t& into) {
        into = static_cast<std::uint16_t>(value);
        return value <= UINT16_MAX;
    }

    // Cipher and integrity fit together (Q4).
    bool suite() {
        const auto* code = std::ranges::find_if(
            kTransforms, [&](const TransformCode& known) { return known.id == transform_.id; });
        if (code == std::end(kTransforms) || code->has_key_length != key_bits_.has_value()) return false;
        result_.suite.encryption = code->encryption;
        result_.suite.key_octets = key_bits_ ? static_cast<std::uint8_t>(*key_bits_ / 8) : code->key_octets;
        return result_.suite.combined() == (result_.suite.integrity == Integrity::kNone);
    }

    const wire::Transform& transform_;
    QmTransform result_{.suite = {.integrity = Integrity::kNone}};
    std::uint64_t life_type_ = 0;
    std::optional<std::uint64_t> key_bits_;
};

// Proposals of one number belong together (RFC 2408 4.2): none of this host's policies wants that.
bool numbers_repeat(const wire::SecurityAssociation& sa) {
    std::vector<std::uint8_t> numbers;
    for (const wire::Proposal& proposal : sa.proposals)
        numbers.push_back(proposal.number);
    std::ranges::sort(numbers);
    return std::ranges::adjacent_find(numbers) != numbers.end();
}

}  // namespace

std::uint16_t encapsulation_mode(policy::Mode mode, bool nat_found) {
    if (mode == policy::Mode::kTunnel)
        return nat_found ? wire::encapsulation::kUdpTunnel : wire::encapsulation::kTunnel;
    if (mode == policy::Mode::kAuthenticatedFirewall) {
        return nat_found ? wire::encapsulation::kUdpTransportAuthFirewall
                         : wire::encapsulation::kTransportAuthFirewall;
    }
    return nat_found ? wire::encapsulation::kUdpTransport : wire::encapsulation::kTransport;
}

std::optional<policy::Mode> mode_of(std::uint16_t encapsulation, bool nat_found) {
    using enum policy::Mode;
    for (const policy::Mode mode : {kTransport, kTunnel, kAuthenticatedFirewall}) {
        if (encapsulation_mode(mode, nat_found) == encapsulation) return mode;
    }
    return std::nullopt;
}

bool QmTransform::offers(const policy::QuickMode& quick_mode, bool nat_found, policy::Mode mode) const {
    return std::ranges::find(quick_mode.suites, suite) != quick_mode.suites.end() &&
           encapsulation == encapsulation_mode(mode, nat_found) &&
           group == static_cast<std::uint16_t>(quick_mode.pfs_group) && esn == quick_mode.esn;
}

wire::SecurityAssociation build_qm_offer(const policy::QuickMode& quick_mode, policy::Mode mode,
                                         bool nat_found, std::uint32_t spi) {
    wire::Proposal proposal{.number = 1, .protocol_id = wire::protocol::kEsp};
    append_be32(proposal.spi, spi);
    for (const EspSuite& suite : quick_mode.suites) {
        const auto number = static_cast<std::uint8_t>(proposal.transforms.size() + 1);
        proposal.transforms.push_back(
            build_transform(number, suite, quick_mode, encapsulation_mode(mode, nat_found)));
    }
    return {.proposals = {std::move(proposal)}};
}

std::expected<QmOffer, std::string> parse_qm_offer(const wire::SecurityAssociation& sa) {
    if (numbers_repeat(sa))
        return std::unexpected("proposals that belong together (AH with ESP) are not supported");
    QmOffer offer;
    bool first = true;
    for (const wire::Proposal& proposal : sa.proposals) {
        offer.count += proposal.transforms.size();
        if (proposal.protocol_id != wire::protocol::kEsp) continue;
        if (proposal.spi.size() != 4) return std::unexpected("an ESP proposal without a 4-octet SPI");
        const std::uint32_t spi = load_be32(proposal.spi.data());
        if (spi < kMinSpi) return std::unexpected("an SPI below 256");
        for (const wire::Transform& transform : proposal.transforms) {
            const wire::Attribute* group =
                wire::find_attribute(transform.attributes, attribute::kGroupDescription);
            const std::uint64_t number = group == nullptr ? 0 : group->number().value_or(UINT64_MAX);
            if (!first && number != offer.group)
                return std::unexpected("the transforms name differing groups");
            if (number > UINT16_MAX) return std::unexpected("a malformed group description");
            offer.group = static_cast<std::uint16_t>(number);
            first = false;
            if (auto known = TransformReader(transform).read()) {
                known->spi = spi;
                known->echo = proposal;
                known->echo.transforms = {transform};
                offer.transforms.push_back(std::move(*known));
            }
        }
    }
    return offer;
}

const QmTransform* choose_qm_transform(const QmOffer& offer, const policy::QuickMode& quick_mode,
                                       policy::Mode mode, bool nat_found) {
    const auto found = std::ranges::find_if(offer.transforms, [&](const QmTransform& transform) {
        return transform.offers(quick_mode, nat_found, mode);
    });
    return found == offer.transforms.end() ? nullptr : &*found;
}

wire::SecurityAssociation build_qm_choice(const QmTransform& chosen, std::uint32_t spi) {
    wire::Proposal proposal = chosen.echo;
    proposal.spi.clear();
    append_be32(proposal.spi, spi);
    return {.proposals = {std::move(proposal)}};
}

std::expected<QmTransform, std::string> parse_qm_choice(const wire::SecurityAssociation& sa,
                                                        const policy::QuickMode& quick_mode,
                                                        policy::Mode mode, bool nat_found) {
    auto offer = parse_qm_offer(sa);
    if (!offer) return std::unexpected(offer.error());
    if (offer->count != 1 || choose_qm_transform(*offer, quick_mode, mode, nat_found) == nullptr) {
        return std::unexpected("the responder did not choose exactly one of the offered transforms");
    }
    return std::move(offer->transforms.front());
}

policy::Lifetime agreed_lifetime(const policy::Lifetime& own, const QmTransform& chosen) {
    policy::Lifetime agreed = own;
    if (chosen.life_seconds && (own.hard_time.count() == 0 || *chosen.life_seconds < own.hard_time)) {
        agreed.hard_time = *chosen.life_seconds;
        agreed.soft_time = std::chrono::seconds(
            soft_limit(agreed.hard_time.count(), own.soft_time.count(), own.hard_time.count()));
    }
    if (chosen.life_octets && (own.hard_octets == 0 || *chosen.life_octets < own.hard_octets)) {
        agreed.hard_octets = *chosen.life_octets;
        agreed.soft_octets = soft_limit(agreed.hard_octets, own.soft_octets, own.hard_octets);
    }
    return agreed;
}

}  // namespace keyline::exchange
