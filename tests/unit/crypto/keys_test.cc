// AuthIP's keys, proofs and encrypted messages against answers that keying_vectors.py computed from the
// specification.
#include "authip/keys.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "authip/crypto_payload.h"
#include "crypto/hmac.h"
#include "exchange/transcript.h"
#include "vectors.h"
#include "wire/build.h"
#include "wire/parse.h"

namespace keyline::authip {
namespace {

using crypto::CipherAlgorithm;
using crypto::HashAlgorithm;

HashAlgorithm hash_of(const test::Vector& vector) {
    static const std::map<std::string, HashAlgorithm> kNames{{"md5", HashAlgorithm::kMd5},
                                                             {"sha1", HashAlgorithm::kSha1},
                                                             {"sha256", HashAlgorithm::kSha256},
                                                             {"sha384", HashAlgorithm::kSha384}};
    return kNames.at(vector.text("HASH"));
}

CipherAlgorithm cipher_of(const test::Vector& vector) {
    static const std::map<std::string, CipherAlgorithm> kNames{{"des", CipherAlgorithm::kDesCbc},
                                                               {"3des", CipherAlgorithm::k3desCbc},
                                                               {"aes128", CipherAlgorithm::kAes128Cbc},
                                                               {"aes192", CipherAlgorithm::kAes192Cbc},
                                                               {"aes256", CipherAlgorithm::kAes256Cbc}};
    return kNames.at(vector.text("CIPHER"));
}

wire::Cookie cookie_of(const test::Vector& vector, const std::string& name) {
    wire::Cookie cookie{};
    const Bytes octets = vector.octets(name);
    EXPECT_EQ(octets.size(), cookie.size());
    std::ranges::copy_n(octets.begin(), cookie.size(), cookie.begin());
    return cookie;
}

KeyContext context_of(const test::Vector& vector) {
    return {hash_of(vector), cipher_of(vector), cookie_of(vector, "CKY_I"), cookie_of(vector, "CKY_R")};
}

std::vector<test::Vector> section(const std::string& name) {
    auto vectors = test::own_vectors("keying_vectors.txt");
    std::erase_if(vectors, [&](const test::Vector& vector) { return vector.section != name; });
    EXPECT_FALSE(vectors.empty()) << name;
    return vectors;
}

void expect_key(const Secret& key, const test::Vector& vector, const std::string& name) {
    EXPECT_TRUE(key == Secret::copy_of(vector.octets(name))) << name << " of line " << vector.line;
}

TEST(KeysTest, MainModeKeys) {
    for (const auto& vector : section("MM keys")) {
        const Bytes ni = vector.octets("NI");
        const Bytes nr = vector.octets("NR");
        const Bytes z = vector.octets("Z");
        const Bytes gss = vector.octets("GSS");
        const Bytes gss_em = vector.octets("GSS_EM");
        const KeyContext context = context_of(vector);
        const auto keys = derive_mm_keys(context, {ni, nr, z, gss});
        ASSERT_TRUE(keys);
        expect_key(keys->skeyid, vector, "SKEYID");
        expect_key(keys->skeyid_d, vector, "SKEYID_D");
        expect_key(keys->skeyid_a, vector, "SKEYID_A");
        expect_key(keys->skeyid_e, vector, "SKEYID_E");
        expect_key(keys->encryption_key, vector, "KEY");
        expect_key(derive_skeyid_em(context, {ni, nr, z, gss_em}), vector, "SKEYID_EM");
    }
}

TEST(KeysTest, QuickModeKeysInBothOrders) {
    for (const auto& vector : section("QM keys")) {
        const Bytes ni = vector.octets("NI");
        const Bytes nr = vector.octets("NR");
        const Bytes skeyid_d = vector.octets("SKEYID_D");
        const Bytes z = vector.octets("Z");
        const Bytes mm_ni = vector.octets("MM_NI");
        const Bytes mm_nr = vector.octets("MM_NR");
        const Bytes skeyid_em = vector.octets("SKEYID_EM");
        const QmKeyInput input{.message_id = static_cast<std::uint32_t>(vector.number("MESSAGE_ID")),
                               .spi = static_cast<std::uint32_t>(vector.number("SPI")),
                               .initiator_nonce = ni,
                               .responder_nonce = nr,
                               .skeyid_d = skeyid_d,
                               .dh_secret = z,
                               .mm_initiator_nonce = mm_ni,
                               .mm_responder_nonce = mm_nr,
                               .skeyid_em = skeyid_em};
        const std::size_t encryption = vector.number("ENCRYPTION");
        const std::size_t integrity = vector.number("INTEGRITY");
        const Secret material = Secret::copy_of(vector.octets("MATERIAL"));

        const QmKeys encryption_first = derive_qm_keys(context_of(vector), input, encryption, integrity,
                                                       policy::QmKeyOrder::kEncryptionFirst);
        EXPECT_TRUE(encryption_first.encryption_key == material.slice(0, encryption)) << vector.line;
        EXPECT_TRUE(encryption_first.integrity_key == material.slice(encryption, integrity)) << vector.line;

        const QmKeys authentication_first = derive_qm_keys(context_of(vector), input, encryption, integrity,
                                                           policy::QmKeyOrder::kAuthenticationFirst);
        EXPECT_TRUE(authentication_first.integrity_key == material.slice(0, integrity)) << vector.line;
        EXPECT_TRUE(authentication_first.encryption_key == material.slice(integrity, encryption))
            << vector.line;
    }
}

TEST(KeysTest, ProofsOverTheTranscript) {
    for (const auto& vector : section("Proofs")) {
        const HashAlgorithm hash = hash_of(vector);
        auto main_mode = exchange::Transcript::main_mode();
        main_mode.negotiated(hash);
        auto extended_mode = exchange::Transcript::extended_mode(hash);
        for (unsigned long n = 0; n < vector.number("COUNT"); ++n) {
            main_mode.add(vector.octets("MM_" + std::to_string(n)));
            extended_mode.add(vector.octets("EM_" + std::to_string(n)));
        }
        EXPECT_EQ(main_mode.messages(), vector.number("COUNT"));
        const Secret skeyid = Secret::copy_of(vector.octets("SKEYID"));
        const Secret skeyid_em = Secret::copy_of(vector.octets("SKEYID_EM"));
        const Bytes one = auth1(hash, skeyid, main_mode.value());
        const Bytes two = auth2(hash, skeyid, main_mode.value());
        EXPECT_EQ(one, vector.octets("AUTH1")) << vector.line;
        EXPECT_EQ(two, vector.octets("AUTH2")) << vector.line;
        EXPECT_EQ(auth3(hash, skeyid_em, extended_mode.value(), one), vector.octets("AUTH3")) << vector.line;
        EXPECT_EQ(auth4(hash, skeyid_em, extended_mode.value(), two), vector.octets("AUTH4")) << vector.line;
    }
}

// What seal takes as its IV.
class FixedRandom final : public crypto::RandomSource {
  public:
    explicit FixedRandom(Bytes octets) : octets_(std::move(octets)) {}
    void fill(std::span<std::uint8_t> octets) override {
        ASSERT_EQ(octets.size(), octets_.size());
        std::ranges::copy(octets_, octets.begin());
    }

  private:
    Bytes octets_;
};

std::expected<PayloadSequence, OpenError> open_datagram(const Bytes& datagram,
                                                        const MessageProtection& protection) {
    const auto header = wire::parse_header(datagram);
    EXPECT_TRUE(header);
    const auto frame = wire::parse_crypto_frame(datagram, *header);
    EXPECT_TRUE(frame);
    return open(datagram, *frame, protection);
}

TEST(CryptoPayloadTest, SealsAndOpens) {
    for (const auto& vector : section("Sealed")) {
        const Bytes key = vector.octets("KEY");
        const Bytes skeyid_a = vector.octets("SKEYID_A");
        const MessageProtection protection{hash_of(vector), cipher_of(vector), key, skeyid_a,
                                           icv_size(hash_of(vector), vector.number("SHORT") != 0)};
        const wire::Header header{.initiator_cookie = cookie_of(vector, "CKY_I"),
                                  .responder_cookie = cookie_of(vector, "CKY_R"),
                                  .exchange_type = wire::ExchangeType::kAuthipQuickMode,
                                  .message_id = static_cast<std::uint32_t>(vector.number("MESSAGE_ID"))};
        const PayloadSequence payloads{static_cast<wire::PayloadType>(vector.number("FIRST")),
                                       vector.octets("PAYLOADS")};
        const auto sequence = static_cast<std::uint32_t>(vector.number("SEQUENCE"));
        FixedRandom random(vector.octets("IV"));

        const auto sealed = seal(header, sequence, payloads, protection, random);
        ASSERT_TRUE(sealed) << sealed.error();
        EXPECT_EQ(to_hex(*sealed), to_hex(vector.octets("MESSAGE"))) << vector.line;

        const auto opened = open_datagram(vector.octets("MESSAGE"), protection);
        ASSERT_TRUE(opened) << to_string(opened.error());
        EXPECT_EQ(opened->first, payloads.first);
        EXPECT_EQ(opened->octets, payloads.octets);
    }
}

// A main mode SA's message that the tests below spoil.
class SpoiltMessageTest : public testing::Test {
  protected:
    Bytes sealed(std::size_t octets) {
        crypto::SystemRandom random;
        wire::Header header{.exchange_type = wire::ExchangeType::kAuthipMainMode};
        header.initiator_cookie.fill(1);
        return seal(header, 5, {wire::PayloadType::kHash, Bytes(octets, 7)}, protection_, random).value();
    }

    // A message with a good ICV around any plaintext: whole blocks, trailer included.
    Bytes with_text(const Bytes& text) {
        wire::Header header{.exchange_type = wire::ExchangeType::kAuthipMainMode,
                            .flags = wire::kFlagEncryption};
        header.initiator_cookie.fill(1);
        const wire::CryptoHeader crypto_header{.sequence = 5, .iv = Bytes(16, 4)};
        const auto ciphertext = crypto::encrypt(protection_.cipher, key_, crypto_header.iv, text).value();
        Bytes message = wire::build_crypto_frame(header, crypto_header, wire::PayloadType::kNone,
                                                 ciphertext.size() + protection_.icv_octets)
                            .value();
        append(message, ciphertext);
        Bytes covered = message;
        std::fill_n(covered.begin() + wire::kHeaderLengthOffset, 4, std::uint8_t{0});
        append(message,
               ByteView(crypto::hmac(protection_.hash, skeyid_a_, {covered})).first(protection_.icv_octets));
        return message;
    }

    const Bytes key_ = Bytes(16, 1);
    const Bytes skeyid_a_ = Bytes(32, 2);
    const MessageProtection protection_{HashAlgorithm::kSha256, CipherAlgorithm::kAes128Cbc, key_, skeyid_a_,
                                        16};
};

TEST_F(SpoiltMessageTest, AnyChangedBitFailsTheIcv) {
    const Bytes message = sealed(40);
    for (std::size_t octet = 0; octet < message.size(); ++octet) {
        Bytes spoilt = message;
        spoilt[octet] ^= 0x80;
        const auto header = wire::parse_header(spoilt);
        if (!header) continue;
        const auto frame = wire::parse_crypto_frame(spoilt, *header);
        if (!frame) continue;
        EXPECT_FALSE(open(spoilt, *frame, protection_)) << octet;
    }
    Bytes spoilt = message;
    spoilt.back() ^= 1;
    EXPECT_EQ(open_datagram(spoilt, protection_).error(), OpenError::kIcv);
}

TEST_F(SpoiltMessageTest, AnotherKeyFailsTheIcv) {
    const Bytes other(32, 3);
    MessageProtection protection = protection_;
    protection.integrity_key = other;
    EXPECT_EQ(open_datagram(sealed(40), protection).error(), OpenError::kIcv);
}

TEST_F(SpoiltMessageTest, AnIvOfAnotherCipherIsALengthError) {
    MessageProtection protection = protection_;
    const Bytes key(24, 1);
    protection.cipher = CipherAlgorithm::k3desCbc;
    protection.encryption_key = key;
    EXPECT_EQ(open_datagram(sealed(40), protection).error(), OpenError::kLength);
}

TEST_F(SpoiltMessageTest, PaddingMustCountUpwards) {
    // 14 octets of payload or padding, Pad_Length, Next_Payload (HASH).
    const auto result = [&](const char* text) {
        return open_datagram(with_text(*from_hex(text)), protection_);
    };
    EXPECT_EQ(result("aaaaaaaaaaaaaaaaaaaaaaaaaaaa0008")->octets.size(), 14U);
    EXPECT_EQ(result("aaaaaaaaaaaaaaaaaaaaaa0102030308")->octets.size(), 11U);
    EXPECT_EQ(result("0102030405060708090a0b0c0d0e0e08")->octets.size(), 0U);
    EXPECT_EQ(result("aaaaaaaaaaaaaaaaaaaaaa0102040308").error(), OpenError::kPadding);
    EXPECT_EQ(result("aaaaaaaaaaaaaaaaaaaaaa0001020308").error(), OpenError::kPadding);
    EXPECT_EQ(result("0102030405060708090a0b0c0d0e0f08").error(), OpenError::kPadding);
    EXPECT_EQ(result("0102030405060708090a0b0c0d0eff08").error(), OpenError::kPadding);
}

TEST(IcvSizeTest, FollowsHashAndVendor) {
    EXPECT_EQ(icv_size(HashAlgorithm::kMd5, false), 12U);
    EXPECT_EQ(icv_size(HashAlgorithm::kSha1, false), 12U);
    EXPECT_EQ(icv_size(HashAlgorithm::kSha256, false), 16U);
    EXPECT_EQ(icv_size(HashAlgorithm::kSha384, false), 24U);
    EXPECT_EQ(icv_size(HashAlgorithm::kSha512, false), 32U);
    for (const auto hash : {HashAlgorithm::kMd5, HashAlgorithm::kSha1, HashAlgorithm::kSha256,
                            HashAlgorithm::kSha384, HashAlgorithm::kSha512}) {
        EXPECT_EQ(icv_size(hash, true), 12U);
    }
}

}  // namespace
}  // namespace keyline::authip
