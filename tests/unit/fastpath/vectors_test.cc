// Both engines against published answers: the GCM, CBC and Triple-DES files of NIST's CAVP and the HMAC
// vectors of RFC 2202 and RFC 4231, as Debian's python3-cryptography-vectors has them, each brought into the
// form of an ESP packet.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <string>
#include <tuple>

#include "fastpath/crypto_engine.h"

namespace keyline::fastpath::testing {
namespace {

constexpr const char* kVectors = "/usr/lib/python3/dist-packages/cryptography_vectors/";

using Vector = std::map<std::string, Bytes>;

// The records of a file of "Name = hexadecimal" lines; a record ends with an empty line. "[...]" sets a
// section's values.
std::vector<Vector> read_vectors(const std::string& name) {
    std::ifstream file(kVectors + name);
    EXPECT_TRUE(file) << kVectors << name << " is absent: install python3-cryptography-vectors";
    std::vector<Vector> vectors;
    Vector current;
    for (std::string line; std::getline(file, line);) {
        while (!line.empty() && (line.back() == '\r' || line.back() == ' '))
            line.pop_back();
        if (line.empty() || line[0] == '[') {
            if (current.size() > 1) vectors.push_back(current);
            current.clear();
            if (line == "[DECRYPT]") return vectors;
            continue;
        }
        const auto equals = line.find('=');
        if (line[0] == '#' || equals == std::string::npos) continue;
        std::string key = line.substr(0, line.find_last_not_of(' ', equals - 1) + 1);
        const auto value = line.find_first_not_of(' ', equals + 1);
        current[key] = from_hex(value == std::string::npos ? "" : line.substr(value)).value_or(Bytes{});
    }
    if (current.size() > 1) vectors.push_back(current);
    return vectors;
}

class Vectors : public ::testing::TestWithParam<kl_crypto_engine> {
  protected:
    void SetUp() override {
        auto made = make_engine(GetParam());
        ASSERT_TRUE(made) << made.error();
        engine_ = std::move(*made);
    }

    // Seals one packet: ESP header, IV, text and room for the ICV.
    Bytes seal(const Suite& suite, const kl_sa_keys& keys, Bytes packet, std::size_t text_octets) {
        auto context = engine_->make_context(suite, keys, KL_OUTBOUND, false);
        EXPECT_TRUE(context);
        packet.resize(packet.size() + suite.icv_octets);
        CryptoJob job{.context = context->get(),
                      .esp = packet.data(),
                      .text_octets = static_cast<std::uint32_t>(text_octets)};
        engine_->run({&job, 1});
        EXPECT_TRUE(job.ok);
        return packet;
    }
    std::unique_ptr<CryptoEngine> engine_;
};

// Those with the 96-bit IV, 64-bit AAD and 128-bit tag that RFC 4106 has do not exist in the files; the AAD
// of 0, 128 or 160 bits cannot be an ESP header. So the cipher is checked on those without AAD being part of
// the ciphertext: AES-GCM encrypts the same whatever the AAD is.
TEST_P(Vectors, GcmEncrypts) {
    for (const unsigned bits : {128U, 192U, 256U}) {
        std::size_t used = 0;
        for (Vector& vector :
             read_vectors("ciphers/AES/GCM/gcmEncryptExtIV" + std::to_string(bits) + ".rsp")) {
            const Bytes& iv = vector["IV"];
            const Bytes& text = vector["PT"];
            if (iv.size() != 12 || text.empty() || text.size() % 4 != 0) continue;
            kl_sa_keys keys{};
            std::copy(vector["Key"].begin(), vector["Key"].end(), keys.encryption);
            std::copy_n(iv.begin(), 4, keys.encryption + bits / 8);
            const Suite suite{
                .encryption = KL_ENCR_AES_GCM_16, .key_octets = bits / 8, .iv_octets = 8, .icv_octets = 16};
            Bytes packet(8, 0);
            append(packet, ByteView(iv).subspan(4));
            append(packet, text);
            const Bytes sealed = seal(suite, keys, packet, text.size());
            ASSERT_EQ(Bytes(sealed.begin() + 16, sealed.end() - 16), vector["CT"]);
            ++used;
        }
        EXPECT_GT(used, 100U);
    }
}

TEST_P(Vectors, CbcEncrypts) {
    for (const unsigned bits : {128U, 192U, 256U}) {
        for (const char* kind : {"MMT", "GFSbox", "KeySbox", "VarKey", "VarTxt"}) {
            std::size_t used = 0;
            for (Vector& vector :
                 read_vectors(std::string("ciphers/AES/CBC/CBC") + kind + std::to_string(bits) + ".rsp")) {
                const Bytes& text = vector["PLAINTEXT"];
                if (text.empty()) continue;
                kl_sa_keys keys{};
                std::copy(vector["KEY"].begin(), vector["KEY"].end(), keys.encryption);
                const Suite suite{.encryption = KL_ENCR_AES_CBC,
                                  .integrity = KL_INTEG_HMAC_SHA2_256_128,
                                  .key_octets = bits / 8,
                                  .integrity_octets = 32,
                                  .iv_octets = 16,
                                  .icv_octets = 16,
                                  .alignment = 16};
                Bytes packet(8, 0);
                append(packet, vector["IV"]);
                append(packet, text);
                const Bytes sealed = seal(suite, keys, packet, text.size());
                ASSERT_EQ(Bytes(sealed.begin() + 24, sealed.end() - 16), vector["CIPHERTEXT"]);
                ++used;
            }
            EXPECT_GE(used, 4U) << kind << bits;
        }
    }
}

// Three equal keys make Triple-DES DES: MMT1 has those, MMT3 three different ones.
TEST_P(Vectors, DesEncrypts) {
    for (const auto& [file, encryption, key_octets] :
         {std::tuple{"ciphers/3DES/CBC/TCBCMMT1.rsp", KL_ENCR_DES_CBC, 8U},
          std::tuple{"ciphers/3DES/CBC/TCBCMMT3.rsp", KL_ENCR_3DES_CBC, 24U}}) {
        std::size_t used = 0;
        for (Vector& vector : read_vectors(file)) {
            const Bytes& text = vector["PLAINTEXT"];
            if (text.empty()) continue;
            Bytes key = vector["KEY1"];
            append(key, vector["KEY2"]);
            append(key, vector["KEY3"]);
            kl_sa_keys keys{};
            std::copy_n(key.begin(), key_octets, keys.encryption);
            const Suite suite{.encryption = encryption,
                              .integrity = KL_INTEG_HMAC_SHA1_96,
                              .key_octets = key_octets,
                              .integrity_octets = 20,
                              .iv_octets = 8,
                              .icv_octets = 12,
                              .alignment = 8};
            Bytes packet(8, 0);
            append(packet, vector["IV"]);
            append(packet, text);
            const Bytes sealed = seal(suite, keys, packet, text.size());
            ASSERT_EQ(Bytes(sealed.begin() + 16, sealed.end() - 12), vector["CIPHERTEXT"]);
            ++used;
        }
        EXPECT_GE(used, 10U) << file;
    }
}

// draft-mcgrew-gcm-test-01: the packet that is only authenticated.
TEST_P(Vectors, GmacAuthenticates) {
    kl_sa_keys keys{};
    const Bytes key = *from_hex("4c80cdefbb5d10da906ac73c3613a63422433c64");
    std::copy(key.begin(), key.end(), keys.encryption);
    const Suite suite{.encryption = KL_ENCR_AES_GMAC, .key_octets = 16, .iv_octets = 8, .icv_octets = 16};
    const Bytes packet = *from_hex(
        "00004321000000070000000000000000"
        "45000030da3a00008001df3bc0a80005c0a800010800c6cd02000700"
        "6162636465666768696a6b6c6d6e6f707172737401020201");
    Bytes expected = packet;
    append(expected, *from_hex("f2a9a836e155106aa8dcd618e4099aaa"));
    EXPECT_EQ(seal(suite, keys, packet, packet.size() - 16), expected);
}

// The suites' keys have the digest's length, so of the RFCs' vectors those apply whose message is long enough
// to hold an ESP header and whose key, padded with zeros as HMAC does, is no longer than the suite's.
TEST_P(Vectors, HmacAuthenticates) {
    struct Case {
        const char* file;
        kl_integrity integrity;
        std::uint32_t key_octets, icv_octets;
    };
    const Case cases[] = {
        {"HMAC/rfc-2202-md5.txt", KL_INTEG_HMAC_MD5_96, 16, 12},
        {"HMAC/rfc-2202-sha1.txt", KL_INTEG_HMAC_SHA1_96, 20, 12},
        {"HMAC/rfc-4231-sha256.txt", KL_INTEG_HMAC_SHA2_256_128, 32, 16},
        {"HMAC/rfc-4231-sha384.txt", KL_INTEG_HMAC_SHA2_384_192, 48, 24},
        {"HMAC/rfc-4231-sha512.txt", KL_INTEG_HMAC_SHA2_512_256, 64, 32},
    };
    for (const Case& c : cases) {
        std::size_t used = 0;
        for (Vector& vector : read_vectors(c.file)) {
            const Bytes& message = vector["Msg"];
            const Bytes& key = vector["Key"];
            const Bytes& digest = vector["MD"];
            if (key.size() > c.key_octets || message.size() < 12 || digest.size() < c.icv_octets) continue;
            kl_sa_keys keys{};
            std::copy(key.begin(), key.end(), keys.integrity);
            const Suite suite{.encryption = KL_ENCR_NULL,
                              .integrity = c.integrity,
                              .integrity_octets = c.key_octets,
                              .icv_octets = c.icv_octets};
            const Bytes sealed = seal(suite, keys, message, message.size() - kEspHeaderOctets);
            ASSERT_EQ(Bytes(sealed.begin(), sealed.end() - c.icv_octets), message);
            ASSERT_EQ(Bytes(sealed.end() - c.icv_octets, sealed.end()),
                      Bytes(digest.begin(), digest.begin() + c.icv_octets));
            ++used;
        }
        EXPECT_GE(used, 2U) << c.file;
    }
}

INSTANTIATE_TEST_SUITE_P(Engines, Vectors, ::testing::Values(KL_CRYPTO_OPENSSL, KL_CRYPTO_IPSEC_MB),
                         [](const auto& kind) {
                             return kind.param == KL_CRYPTO_OPENSSL ? "OpenSsl" : "IpsecMb";
                         });

}  // namespace
}  // namespace keyline::fastpath::testing
