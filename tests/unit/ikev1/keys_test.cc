// IKEv1's key derivation (RFC 2409 5, 5.5, appendix B). For pre-shared keys and signatures SKEYID and its
// like are what Libreswan's cavp gives; for public key encryption, which cavp does not know, and for expanded
// keys they were computed from the formulas with Python's hmac.
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

TEST(Ikev1KeysTest, PreSharedKey) {
    const MmKeys derived = keys(crypto::CipherAlgorithm::kAes128Cbc);
    EXPECT_EQ(hex_of(derived.skeyid), "9b0aa944b2ad79c65a4ca5d6bfad79a0bc16b13a");
    EXPECT_EQ(hex_of(derived.skeyid_d), "f4e41db20b83aa761e3cd9aaa0c1c4bdf3fa77d2");
    EXPECT_EQ(hex_of(derived.skeyid_a), "a9ce7e7d2779af22f835a7a61e98cdd53b0716b6");
    EXPECT_EQ(hex_of(derived.skeyid_e), "19443300f592eb5aac254f2aa514875f19c634bc");
    EXPECT_EQ(hex_of(derived.encryption_key), "19443300f592eb5aac254f2aa514875f");
}

struct Expected {
    crypto::HashAlgorithm hash;
    const char* skeyid;
    const char* skeyid_e;
};

TEST(Ikev1KeysTest, Signatures) {
    const Secret dh_secret = secret("0102030405060708090a0b0c0d0e0f10");
    for (const Expected& expected :
         {Expected{crypto::HashAlgorithm::kSha1, "d65b3c6a1186d5233d0bacd0aae5a44271f71523",
                   "9010ba78314d4eacf1b821696cee42172e928fad"},
          Expected{crypto::HashAlgorithm::kSha256,
                   "1a600df3befa4b35b3f68a7605ff0a8a7480af207f614b0e43d07483af1d8f2a",
                   "0062bb8ce5c5c39f6a5ff64003dafad89bc04f2d7256645fc4623306d91f99a4"},
          Expected{
              crypto::HashAlgorithm::kSha384,
              "9ee7e2605a1ef2a6bf7dddd972c412c02e3d508ce7779e64b900ce27039214592b9be473b0fbea7b007fdc123c"
              "44c809",
              "bc5410f494e4746085afe8947e20d27d42dd907b28c448ff3d157b61e9ad1cba03161557cccb13640064d2a00f"
              "65c0b4"},
          Expected{
              crypto::HashAlgorithm::kSha512,
              "3c856b11444ae34775a6054a65d2fe30156510718a301651b33244e01313816a3602a71694cdc9a9f37abbfc9c"
              "62ba72d548741d2832ce1b2e6641d17ab32f61",
              "b8c34a46323efaa2b702e7204d0fc873fe04d0e9329bb61b88c5d079ab4b36c5e1dcd33967d836b7c1fb9c35a0"
              "e337615c85d1a50e7e63bf9c95c0a218adcd8a"}}) {
        const MmKeys derived = derive_mm_keys(context(crypto::CipherAlgorithm::kAes128Cbc, expected.hash),
                                              signature_skeyid(expected.hash, *from_hex("1111111111111111"),
                                                               *from_hex("2222222222222222"), dh_secret),
                                              dh_secret);
        EXPECT_EQ(hex_of(derived.skeyid), expected.skeyid);
        EXPECT_EQ(hex_of(derived.skeyid_e), expected.skeyid_e);
    }
}

TEST(Ikev1KeysTest, PublicKeyEncryption) {
    for (const Expected& expected :
         {Expected{crypto::HashAlgorithm::kSha1, "7cc1f248d0e6583996cf9019c497c25887b0a43d",
                   "a2bc20447bfec76e701df94f10eecceddbdd865f"},
          Expected{crypto::HashAlgorithm::kSha256,
                   "7f919ff2ad264db98ccf32cfa049a26a59bae1529c85514f821ff4f2e706e534",
                   "7023b37e9076bf670485dca8486a78a6627391b797b4cfba4a3578ccdfabf108"},
          Expected{
              crypto::HashAlgorithm::kSha512,
              "45b857e742928236aeb4ffa85b03269d834bc5188b1aa7c9864511e8d14ff20f2f6c1827ba6f1730d71ca31bcc"
              "04e8e62b6a7e1c162199c516d4ccbc244202a8",
              "732d3ae43b39057ded42254c6bdb0019235da59c4e6d850597fa4c25169b1971bfb91b6eacf43a649fc068de3e"
              "842886f1adc900f9b2a9c013bc29bc96ef8eff"}}) {
        const KeyContext with = context(crypto::CipherAlgorithm::kAes128Cbc, expected.hash);
        const MmKeys derived = derive_mm_keys(
            with, public_key_skeyid(with, *from_hex("1111111111111111"), *from_hex("2222222222222222")),
            secret("0102030405060708090a0b0c0d0e0f10"));
        EXPECT_EQ(hex_of(derived.skeyid), expected.skeyid);
        EXPECT_EQ(hex_of(derived.skeyid_e), expected.skeyid_e);
    }
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
