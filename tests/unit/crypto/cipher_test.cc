#include "crypto/cipher.h"

#include <gtest/gtest.h>

#include "vectors.h"

namespace keyline::crypto {
namespace {

void expect_both_ways(CipherAlgorithm algorithm, const Bytes& key, const test::Vector& vector,
                      const std::string& file) {
    const Bytes iv = vector.octets("IV");
    const Bytes plaintext = vector.octets("PLAINTEXT");
    const Bytes ciphertext = vector.octets("CIPHERTEXT");
    EXPECT_EQ(encrypt(algorithm, key, iv, plaintext), ciphertext) << file << ":" << vector.line;
    EXPECT_EQ(decrypt(algorithm, key, iv, ciphertext), plaintext) << file << ":" << vector.line;
}

TEST(CipherTest, AesCbcPublishedVectors) {
    for (const auto& [algorithm, bits] :
         {std::pair{CipherAlgorithm::kAes128Cbc, "128"}, std::pair{CipherAlgorithm::kAes192Cbc, "192"},
          std::pair{CipherAlgorithm::kAes256Cbc, "256"}}) {
        for (const char* kind : {"CBCGFSbox", "CBCKeySbox", "CBCMMT", "CBCVarKey", "CBCVarTxt"}) {
            const std::string file = std::string("ciphers/AES/CBC/") + kind + bits + ".rsp";
            for (const auto& vector : test::published_vectors(file)) {
                expect_both_ways(algorithm, vector.octets("KEY"), vector, file);
            }
        }
    }
}

TEST(CipherTest, TripleDesCbcPublishedVectors) {
    for (const char* kind : {"TCBCMMT2", "TCBCMMT3"}) {
        const std::string file = std::string("ciphers/3DES/CBC/") + kind + ".rsp";
        for (const auto& vector : test::published_vectors(file)) {
            Bytes key;
            for (const char* part : {"KEY1", "KEY2", "KEY3"})
                append(key, vector.octets(part));
            expect_both_ways(CipherAlgorithm::k3desCbc, key, vector, file);
        }
    }
}

// 3DES with three equal keys is DES, so NIST's files serve both.
TEST(CipherTest, DesCbcPublishedVectors) {
    std::string why;
    ASSERT_TRUE(usable(CipherAlgorithm::kDesCbc, &why)) << why;
    for (const char* kind : {"TCBCinvperm", "TCBCpermop", "TCBCsubtab", "TCBCvarkey", "TCBCvartext"}) {
        const std::string file = std::string("ciphers/3DES/CBC/") + kind + ".rsp";
        for (const auto& vector : test::published_vectors(file)) {
            const Bytes key = vector.octets("KEYs");
            Bytes three_keys;
            for (int part = 0; part < 3; ++part)
                append(three_keys, key);
            expect_both_ways(CipherAlgorithm::kDesCbc, key, vector, file);
            expect_both_ways(CipherAlgorithm::k3desCbc, three_keys, vector, file);
        }
    }
}

TEST(CipherTest, RefusesWrongLengths) {
    const Bytes key(16);
    const Bytes iv(16);
    EXPECT_TRUE(encrypt(CipherAlgorithm::kAes128Cbc, key, iv, Bytes(32)));
    EXPECT_EQ(encrypt(CipherAlgorithm::kAes128Cbc, key, iv, Bytes(31)).error(), CipherError::kLength);
    EXPECT_EQ(encrypt(CipherAlgorithm::kAes128Cbc, key, Bytes(8), Bytes(32)).error(), CipherError::kLength);
    EXPECT_EQ(decrypt(CipherAlgorithm::kAes256Cbc, key, iv, Bytes(32)).error(), CipherError::kLength);
}

TEST(ParityTest, MakesEveryOctetOdd) {
    Bytes key = *from_hex("00010203fefffd80");
    set_odd_parity(key);
    EXPECT_EQ(to_hex(key), "01010202fefefd80");
}

TEST(WeakKeyTest, KnowsWeakAndSemiWeakKeys) {
    EXPECT_TRUE(is_weak_key(CipherAlgorithm::kDesCbc, *from_hex("0101010101010101")));
    EXPECT_TRUE(is_weak_key(CipherAlgorithm::kDesCbc, *from_hex("e0fee0fef1fef1fe")));
    EXPECT_FALSE(is_weak_key(CipherAlgorithm::kDesCbc, *from_hex("0123456789abcdef")));
    EXPECT_FALSE(is_weak_key(CipherAlgorithm::kAes128Cbc, Bytes(16)));
}

TEST(WeakKeyTest, TripleDesNeedsThreeStrongPartsThatDiffer) {
    const std::string one = "0123456789abcdef";
    const std::string two = "23456789abcdef01";
    const std::string three = "456789abcdef0123";
    const auto weak = [](const std::string& key) {
        return is_weak_key(CipherAlgorithm::k3desCbc, *from_hex(key));
    };
    EXPECT_FALSE(weak(one + two + three));
    EXPECT_FALSE(weak(one + two + one));
    EXPECT_TRUE(weak(one + one + three));
    EXPECT_TRUE(weak(one + two + two));
    EXPECT_TRUE(weak(one + two + "fefefefefefefefe"));
}

}  // namespace
}  // namespace keyline::crypto
