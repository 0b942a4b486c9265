// IKEv1's key derivation (RFC 2409 5, 5.4, 5.5, appendix B). SKEYID and its like are what Libreswan's cavp
// gives; the expanded keys were computed from the formulas with Python's hmac.
#include "ikev1/keys.h"

#include <gtest/gtest.h>

namespace keyline::ikev1 {
namespace {

Secret secret(const char* hex) { return Secret::copy_of(*from_hex(hex)); }
std::string hex_of(const Secret& value) { return to_hex(value.view()); }

KeyContext context(crypto::CipherAlgorithm cipher) {
    KeyContext result{.hash = crypto::HashAlgorithm::kSha1, .cipher = cipher};
    result.initiator_cookie.fill(0xAA);
    result.responder_cookie.fill(0xBB);
    return result;
}

MmKeys keys(crypto::CipherAlgorithm cipher) {
    return derive_mm_keys(
        context(cipher),
        psk_skeyid(crypto::HashAlgorithm::kSha1, secret("746573742d70736b2d30313233343536373839"),
                   *from_hex("1111111111111111"), *from_hex("2222222222222222")),
        secret("0102030405060708090a0b0c0d0e0f10"));
}

TEST(Ikev1KeysTest, PreSharedKey) {
    const MmKeys derived = keys(crypto::CipherAlgorithm::kAes128Cbc);
    EXPECT_EQ(hex_of(derived.skeyid), "9b0aa944b2ad79c65a4ca5d6bfad79a0bc16b13a");
    EXPECT_EQ(hex_of(derived.skeyid_d), "f4e41db20b83aa761e3cd9aaa0c1c4bdf3fa77d2");
    EXPECT_EQ(hex_of(derived.skeyid_a), "a9ce7e7d2779af22f835a7a61e98cdd53b0716b6");
    EXPECT_EQ(hex_of(derived.skeyid_e), "19443300f592eb5aac254f2aa514875f19c634bc");
    EXPECT_EQ(hex_of(derived.encryption_key), "19443300f592eb5aac254f2aa514875f");
}

// Appendix B: a key longer than the prf's output is not SKEYID_e's beginning.
TEST(Ikev1KeysTest, ALongKeyIsExpanded) {
    const MmKeys derived = keys(crypto::CipherAlgorithm::kAes256Cbc);
    EXPECT_EQ(hex_of(derived.encryption_key),
              "4d357ee4edc1352fd23055120874c0427291464a9e8620df3daf0a90416bf855");
}

TEST(Ikev1KeysTest, KeymatGoesOnAsLongAsItIsNeeded) {
    const MmKeys derived = keys(crypto::CipherAlgorithm::kAes128Cbc);
    const Bytes ni = *from_hex("3333333333333333");
    const Bytes nr = *from_hex("4444444444444444");
    const Secret none;
    const Secret keymat = derive_keymat(context(crypto::CipherAlgorithm::kAes128Cbc),
                                        {.skeyid_d = derived.skeyid_d,
                                         .dh_secret = none,
                                         .spi = 0x12345678,
                                         .initiator_nonce = ni,
                                         .responder_nonce = nr},
                                        36);
    EXPECT_EQ(hex_of(keymat), "b15ce16502e055a3e1881d25d94a2e6d512d47a2663014492d61127f6f3751bd6bfd1853");
}

}  // namespace
}  // namespace keyline::ikev1
