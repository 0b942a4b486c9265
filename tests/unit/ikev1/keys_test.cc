// What IKEv1 makes of SKEYID_e and SKEYID_d, and of nonces in its stead (RFC 2409 5.3, 5.5, appendix B),
// computed from the formulas with Python's hmac. skeyid_test.cc has SKEYID and what comes of it.
#include "ikev1/keys.h"

#include <gtest/gtest.h>

namespace keyline::ikev1 {
namespace {

Secret secret(const char* hex) { return Secret::copy_of(*from_hex(hex)); }
std::string hex_of(const Secret& value) { return to_hex(value.view()); }

KeyContext context(crypto::CipherAlgorithm cipher,
                   crypto::HashAlgorithm hash = crypto::HashAlgorithm::kSha1) {
    KeyContext result{.hash = hash, .cipher = cipher};
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

// Nobody else has answers for MD5: these were computed from the formulas.
TEST(Ikev1KeysTest, Md5) {
    const KeyContext with = context(crypto::CipherAlgorithm::kAes128Cbc, crypto::HashAlgorithm::kMd5);
    const Bytes ni = *from_hex("1111111111111111");
    const Bytes nr = *from_hex("2222222222222222");
    const Secret dh_secret = secret("0102030405060708090a0b0c0d0e0f10");
    const auto expect = [&](Secret skeyid, const char* expected_skeyid, const char* expected_skeyid_e) {
        const MmKeys derived = derive_mm_keys(with, std::move(skeyid), dh_secret);
        EXPECT_EQ(hex_of(derived.skeyid), expected_skeyid);
        EXPECT_EQ(hex_of(derived.skeyid_e), expected_skeyid_e);
    };
    expect(psk_skeyid(with.hash, secret("746573742d70736b2d30313233343536373839"), ni, nr),
           "2d001e1f7fd00f7eec167ea94b499d98", "f824ca019d5b47084ca020bb658ea08f");
    expect(signature_skeyid(with.hash, ni, nr, dh_secret), "a5ee1d37281214c9f141d50ececf45fe",
           "a3e646f0d3038ed92e346e3aeab8bc87");
    expect(public_key_skeyid(with, ni, nr), "fb463ae753921fd9cbe216e56ce7ebcd",
           "cba16446252b8cec60bb5f6e82af000e");
}

// 5.3: Ke_i comes from prf(Ni_b, CKY-I) as a message key from SKEYID_e.
TEST(Ikev1KeysTest, KeysOfRevisedPublicKeyEncryption) {
    const Bytes nonce = *from_hex("1111111111111111");
    const auto key = [&](crypto::CipherAlgorithm cipher) {
        const KeyContext with = context(cipher);
        return hex_of(payload_key(with, nonce, with.initiator_cookie));
    };
    EXPECT_EQ(key(crypto::CipherAlgorithm::kAes128Cbc), "4082977915a2e5129084f2ca5e24fe79");
    EXPECT_EQ(key(crypto::CipherAlgorithm::kAes256Cbc),
              "186ff97ce5d284edc92d36e2e20266656865b7b04a827b11513140bdba30802c");
}

// Appendix B: a key longer than the prf's output is not SKEYID_e's beginning.
TEST(Ikev1KeysTest, AShortKeyIsTheBeginning) {
    const MmKeys derived = keys(crypto::CipherAlgorithm::kAes128Cbc);
    EXPECT_EQ(hex_of(derived.encryption_key), hex_of(derived.skeyid_e).substr(0, 32));
}

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
