#include "policy/esp_suite.h"

#include "policy/names.h"

namespace keyline::policy {

std::string EspSuite::to_string() const {
    std::string name(name_of(kEspCipherNames, EspCipher{encryption, key_octets}));
    if (integrity != Integrity::kNone) name.append("/").append(name_of(kIntegrityNames, integrity));
    return name;
}

std::optional<EspSuite> EspSuite::parse(std::string_view name) {
    const std::size_t slash = name.find('/');
    const auto cipher = value_of(kEspCipherNames, name.substr(0, slash));
    if (!cipher) return std::nullopt;
    EspSuite suite{cipher->encryption, cipher->key_octets, Integrity::kNone};
    if (slash == std::string_view::npos) return suite.combined() ? std::optional(suite) : std::nullopt;
    const auto integrity = value_of(kIntegrityNames, name.substr(slash + 1));
    if (!integrity || suite.combined()) return std::nullopt;
    suite.integrity = *integrity;
    return suite;
}

std::size_t EspSuite::encryption_key_octets() const {
    constexpr std::size_t kSaltOctets = 4;  // RFC 4106 8.1, RFC 4543 5.4
    return key_octets + (combined() ? kSaltOctets : 0);
}

std::size_t EspSuite::integrity_key_octets() const {
    switch (integrity) {
        case Integrity::kNone:
            return 0;
        case Integrity::kHmacMd5_96:
            return 16;
        case Integrity::kHmacSha1_96:
            return 20;
        case Integrity::kHmacSha256_128:
            return 32;
        case Integrity::kHmacSha384_192:
            return 48;
        case Integrity::kHmacSha512_256:
            return 64;
    }
    return 0;
}

}  // namespace keyline::policy
