// What an ESP suite means in octets (RFC 4303 2, RFC 4106, RFC 4543, RFC 3602, RFC 2451, RFC 2403, RFC 2404,
// RFC 4868).
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "shared/sa.h"

namespace keyline::fastpath {

constexpr std::uint32_t kEspHeaderOctets = 8;
constexpr std::uint32_t kMaxIcvOctets = 32;
constexpr std::uint32_t kSaltOctets = 4;

struct Suite {
    kl_encryption encryption = KL_ENCR_NULL;
    kl_integrity integrity = KL_INTEG_NONE;
    std::uint32_t key_octets = 0;        // of the cipher, without the salt
    std::uint32_t integrity_octets = 0;  // of the HMAC key
    std::uint32_t iv_octets = 0;         // explicit, in every packet
    std::uint32_t icv_octets = 0;
    std::uint32_t alignment = 4;  // the payload with its trailer is a multiple of it

    bool is_gmac() const { return encryption == KL_ENCR_AES_GMAC; }
    // AES-GCM, or AES-GMAC, which is AES-GCM of nothing with the text in the associated data.
    bool is_gcm() const { return encryption == KL_ENCR_AES_GCM_16 || is_gmac(); }
    // The IV must not be predictable (RFC 3602 3).
    bool has_random_iv() const { return iv_octets != 0 && !is_gcm(); }
    // ESP octets that are neither payload nor padding.
    std::uint32_t overhead() const { return kEspHeaderOctets + iv_octets + icv_octets; }
};

// The suite an SA has; an error that names what is wrong when no engine of ours serves it, or a key has the
// wrong length.
std::expected<Suite, std::string> suite_of(const kl_sa& sa, const kl_sa_keys& keys);

}  // namespace keyline::fastpath
