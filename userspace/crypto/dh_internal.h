// The two kinds of group behind dh.h. Private to crypto/.
#pragma once

#include <expected>

#include "crypto/dh.h"

namespace keyline::crypto {

namespace modp {
std::size_t prime_size(DhGroup group);
Secret random_private(DhGroup group, RandomSource& random);
Bytes public_value(DhGroup group, const Secret& private_value);
std::expected<Secret, DhError> compute(DhGroup group, const Secret& private_value, ByteView peer);
}  // namespace modp

namespace ecp {
std::size_t coordinate_size(DhGroup group);
Secret random_private(DhGroup group, RandomSource& random);
Bytes public_value(DhGroup group, const Secret& private_value);
std::expected<Secret, DhError> compute(DhGroup group, const Secret& private_value, ByteView peer);
}  // namespace ecp

}  // namespace keyline::crypto
