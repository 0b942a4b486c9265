#include "crypto/dh.h"

#include <utility>

#include "crypto/dh_internal.h"

namespace keyline::crypto {
namespace {

bool is_ecp(DhGroup group) {
    return group == DhGroup::kEcp256 || group == DhGroup::kEcp384 || group == DhGroup::kEcp521;
}

}  // namespace

std::optional<DhGroup> dh_group(std::uint16_t description) {
    const auto group = static_cast<DhGroup>(description);
    switch (group) {
        case DhGroup::kModp768:
        case DhGroup::kModp1024:
        case DhGroup::kModp1536:
        case DhGroup::kModp2048:
        case DhGroup::kModp3072:
        case DhGroup::kModp4096:
        case DhGroup::kModp6144:
        case DhGroup::kModp8192:
        case DhGroup::kEcp256:
        case DhGroup::kEcp384:
        case DhGroup::kEcp521:
            return group;
    }
    return std::nullopt;
}

std::string to_string(DhGroup group) {
    switch (group) {
        case DhGroup::kModp768:
            return "modp768";
        case DhGroup::kModp1024:
            return "modp1024";
        case DhGroup::kModp1536:
            return "modp1536";
        case DhGroup::kModp2048:
            return "modp2048";
        case DhGroup::kModp3072:
            return "modp3072";
        case DhGroup::kModp4096:
            return "modp4096";
        case DhGroup::kModp6144:
            return "modp6144";
        case DhGroup::kModp8192:
            return "modp8192";
        case DhGroup::kEcp256:
            return "ecp256";
        case DhGroup::kEcp384:
            return "ecp384";
        case DhGroup::kEcp521:
            break;
    }
    return "ecp521";
}

std::string to_string(DhError error) {
    switch (error) {
        case DhError::kWrongLength:
            return "the peer's public value has not the length of the group";
        case DhError::kOutOfRange:
            return "the peer's public value is outside 2 to p - 2";
        case DhError::kNotOnCurve:
            break;
    }
    return "the peer's public value is no point of the curve";
}

std::size_t public_value_size(DhGroup group) {
    return is_ecp(group) ? 2 * ecp::coordinate_size(group) : modp::prime_size(group);
}

DhKeyPair::DhKeyPair(DhGroup group, Secret private_value, Bytes public_value)
    : group_(group), private_value_(std::move(private_value)), public_value_(std::move(public_value)) {}

DhKeyPair DhKeyPair::generate(DhGroup group, RandomSource& random) {
    return from_private(
        group, is_ecp(group) ? ecp::random_private(group, random) : modp::random_private(group, random));
}

DhKeyPair DhKeyPair::from_private(DhGroup group, Secret private_value) {
    Bytes public_value =
        is_ecp(group) ? ecp::public_value(group, private_value) : modp::public_value(group, private_value);
    return {group, std::move(private_value), std::move(public_value)};
}

std::expected<Secret, DhError> DhKeyPair::compute(ByteView peer_public_value) const {
    if (peer_public_value.size() != public_value_size(group_)) return std::unexpected(DhError::kWrongLength);
    return is_ecp(group_) ? ecp::compute(group_, private_value_, peer_public_value)
                          : modp::compute(group_, private_value_, peer_public_value);
}

}  // namespace keyline::crypto
