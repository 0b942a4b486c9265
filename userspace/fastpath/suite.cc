#include "fastpath/suite.h"

#include <fmt/format.h>

namespace keyline::fastpath {
namespace {

bool is_aes_key(std::uint32_t octets) { return octets == 16 || octets == 24 || octets == 32; }

}  // namespace

std::expected<Suite, std::string> suite_of(const kl_sa& sa, const kl_sa_keys& keys) {
    Suite suite;
    suite.encryption = static_cast<kl_encryption>(sa.encryption);
    suite.integrity = static_cast<kl_integrity>(sa.integrity);
    suite.key_octets = keys.encryption_octets;
    suite.integrity_octets = keys.integrity_octets;

    const auto wrong_key = [&](const char* what, unsigned octets) {
        return std::unexpected(fmt::format("SA {:08x}: {} octets are no {} key", sa.spi, octets, what));
    };
    switch (suite.encryption) {
        case KL_ENCR_NULL:
            if (suite.key_octets != 0) return wrong_key("NULL cipher", suite.key_octets);
            break;
        case KL_ENCR_AES_CBC:
            if (!is_aes_key(suite.key_octets)) return wrong_key("AES-CBC", suite.key_octets);
            suite.iv_octets = 16;
            suite.alignment = 16;
            break;
        case KL_ENCR_DES_CBC:
        case KL_ENCR_3DES_CBC:
            if (suite.key_octets != (suite.encryption == KL_ENCR_DES_CBC ? 8 : 24)) {
                return wrong_key("DES or 3DES", suite.key_octets);
            }
            suite.iv_octets = 8;
            suite.alignment = 8;
            break;
        case KL_ENCR_AES_GCM_16:
        case KL_ENCR_AES_GMAC:
            if (suite.key_octets < kSaltOctets || !is_aes_key(suite.key_octets - kSaltOctets)) {
                return wrong_key("AES-GCM or AES-GMAC", suite.key_octets);
            }
            suite.key_octets -= kSaltOctets;
            suite.iv_octets = 8;
            suite.icv_octets = 16;
            break;
        default:
            return std::unexpected(
                fmt::format("SA {:08x}: the fast path has no cipher of number {}", sa.spi, sa.encryption));
    }
    if (suite.is_gcm()) {
        if (suite.integrity == KL_INTEG_NONE && suite.integrity_octets == 0) return suite;
        return std::unexpected(
            fmt::format("SA {:08x}: AES-GCM and AES-GMAC stand with no other integrity algorithm", sa.spi));
    }
    struct Hmac {
        std::uint32_t key_octets, icv_octets;
    } hmac{};
    switch (suite.integrity) {
        case KL_INTEG_HMAC_MD5_96:
            hmac = {16, 12};
            break;
        case KL_INTEG_HMAC_SHA1_96:
            hmac = {20, 12};
            break;
        case KL_INTEG_HMAC_SHA2_256_128:
            hmac = {32, 16};
            break;
        case KL_INTEG_HMAC_SHA2_384_192:
            hmac = {48, 24};
            break;
        case KL_INTEG_HMAC_SHA2_512_256:
            hmac = {64, 32};
            break;
        default:
            return std::unexpected(fmt::format(
                "SA {:08x}: the fast path has no integrity algorithm of number {}", sa.spi, sa.integrity));
    }
    if (suite.integrity_octets != hmac.key_octets) return wrong_key("HMAC", suite.integrity_octets);
    suite.icv_octets = hmac.icv_octets;
    return suite;
}

}  // namespace keyline::fastpath
