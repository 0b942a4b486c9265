// ESP transforms (RFC 4303) as policy, SAs, maps and people name them.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keyline::policy {

// The numbers are ours (shared/sa.h repeats them); wire numbers are in authip/ and ikev1/.
enum class Encryption : std::uint8_t { kNull, kDesCbc, k3desCbc, kAesCbc, kAesGcm16, kAesGmac };
enum class Integrity : std::uint8_t {
    kNone,
    kHmacMd5_96,
    kHmacSha1_96,
    kHmacSha256_128,
    kHmacSha384_192,
    kHmacSha512_256,
};

struct EspSuite {
    Encryption encryption = Encryption::kAesGcm16;
    // Octets of the cipher key without the salt; 0 for NULL.
    std::uint8_t key_octets = 16;
    Integrity integrity = Integrity::kNone;

    // "aes-gcm-16-128", "aes-gmac-256", "aes-cbc-256/hmac-sha2-256-128", "3des-cbc/hmac-sha1-96",
    // "null/hmac-sha1-96": the names the configuration uses.
    std::string to_string() const;
    // Accepts exactly the names that to_string gives to suites with integrity; nullopt for any other text.
    static std::optional<EspSuite> parse(std::string_view name);

    // Octets of keying material the encryption part takes: cipher key, and 4 of salt for AES-GCM and
    // AES-GMAC.
    std::size_t encryption_key_octets() const;
    std::size_t integrity_key_octets() const;
    // Encrypts and authenticates, or only authenticates, with one key (AES-GCM, AES-GMAC).
    bool combined() const {
        return encryption == Encryption::kAesGcm16 || encryption == Encryption::kAesGmac;
    }

    bool encrypts() const { return encryption != Encryption::kNull && encryption != Encryption::kAesGmac; }

    auto operator<=>(const EspSuite&) const = default;
};

}  // namespace keyline::policy
