// Diffie-Hellman: the MODP groups of RFC 2409 and RFC 3526 and the ECP groups of RFC 5903.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/random.h"

namespace keyline::crypto {

// The values are those of the IKE group description attribute.
enum class DhGroup : std::uint16_t {
    kModp768 = 1,
    kModp1024 = 2,
    kModp1536 = 5,
    kModp2048 = 14,
    kModp3072 = 15,
    kModp4096 = 16,
    kModp6144 = 17,
    kModp8192 = 18,
    kEcp256 = 19,
    kEcp384 = 20,
    kEcp521 = 21,
};

// nullopt for a group description that is not implemented (0, "no group", too).
std::optional<DhGroup> dh_group(std::uint16_t description);

// "modp2048", "ecp256".
std::string to_string(DhGroup group);

// Octets of a KE payload's body: the modulus length, or x and y of a point.
std::size_t public_value_size(DhGroup group);

// Why a peer's public value is refused.
enum class DhError : std::uint8_t {
    kWrongLength,  // not public_value_size octets
    kOutOfRange,   // MODP: below 2 or above p - 2
    kNotOnCurve,   // ECP: no point of the curve
};

// One line for people.
std::string to_string(DhError error);

// An ephemeral key pair. Moves, does not copy; the private value is wiped with it.
class DhKeyPair {
  public:
    // The private value comes from `random` alone, so a seeded source gives the same pair again.
    static DhKeyPair generate(DhGroup group, RandomSource& random);
    // From a private value in octets, big-endian, other than zero and, for ECP, below the order: for
    // known-answer tests.
    static DhKeyPair from_private(DhGroup group, Secret private_value);

    DhGroup group() const { return group_; }
    // The KE payload's body: g^x padded to the modulus length, or x | y (RFC 5903 section 7).
    const Bytes& public_value() const { return public_value_; }
    // The shared secret: g^xy padded to the modulus length, or the x coordinate (RFC 5903 section 9).
    std::expected<Secret, DhError> compute(ByteView peer_public_value) const;

  private:
    DhKeyPair(DhGroup group, Secret private_value, Bytes public_value);

    DhGroup group_;
    Secret private_value_;
    Bytes public_value_;
};

}  // namespace keyline::crypto
