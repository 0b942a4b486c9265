// Messages made by others than this code: the fuzzers' seeds (tests/fuzz/make_corpus.py) and scapy's IKEv1.
#include <gtest/gtest.h>

#include <map>

#include "octets.h"
#include "wire/build.h"
#include "wire/describe.h"
#include "wire/parse.h"

namespace keyline::wire {
namespace {

const std::filesystem::path kSource = KEYLINE_SOURCE_DIR;

Message parsed(const Bytes& octets) {
    auto message = parse_message(octets);
    EXPECT_TRUE(message) << message.error().to_string();
    EXPECT_EQ(build_message(message.value()).value(), octets);
    return *std::move(message);
}

TEST(CorpusTest, EverySeedIsParsedAndRebuilt) {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(kSource / "tests/fuzz/corpus/fuzz_isakmp")) {
        SCOPED_TRACE(entry.path().filename());
        const Bytes octets = test::read_file(entry.path());
        parsed(octets);
        EXPECT_EQ(to_text(describe(octets)).find("Error:"), std::string::npos);
        ++count;
    }
    EXPECT_GE(count, 20u);
}

TEST(CorpusTest, SummariesAreThoseOfTheFigures) {
    const auto summary = [](const char* name, Sender sender) {
        const Message message = parsed(test::read_file(kSource / "tests/fuzz/corpus/fuzz_isakmp" / name));
        return summarize(message.header.exchange_type, sender, message.payloads);
    };
    EXPECT_EQ(summary("mm1", Sender::kInitiator), "SA, Auth, Ni, VID ×2, NATD ×2");
    EXPECT_EQ(summary("mm2", Sender::kResponder), "SA, Auth, Nr, Nr(qm), GSS_ID");
    EXPECT_EQ(summary("mm2", Sender::kUnknown), "SA, Auth, NONCE, NONCE(qm), GSS_ID");
    EXPECT_EQ(summary("mm3", Sender::kInitiator), "GSS-API");
    EXPECT_EQ(summary("em8", Sender::kResponder), "Auth, GSS_ID");
    EXPECT_EQ(summary("qm5", Sender::kInitiator),
              "HASH, IDi, IDr, SA, Ni(qm), KE, Notify(exchange_info), SKWt");
    EXPECT_EQ(summary("qm6-dictated", Sender::kResponder), "HASH, IDi, IDr, SA, KeyDict(In), KeyDict(Out)");
    EXPECT_EQ(summary("status", Sender::kUnknown), "Notify(status 13816)");
    EXPECT_EQ(summary("acquire", Sender::kUnknown), "Notify(ACQUIRE), IDi, IDr");
    EXPECT_EQ(summary("unknown", Sender::kUnknown), "payload 160, payload 14, NATOA");
    EXPECT_EQ(summary("ikev1-quick", Sender::kInitiator), "HASH, SA, Ni, IDci, IDcr");
    EXPECT_EQ(summary("ikev1-certificates", Sender::kResponder), "IDir, CERT, CR, SIG_R");
    EXPECT_EQ(summary("ikev1-notify", Sender::kUnknown), "N(INITIAL-CONTACT)");
}

TEST(SummaryTest, ProofsAreNamedByExchangeAndSender) {
    const std::vector<Payload> payloads{{Hash{}}, {Nonce{}}};
    EXPECT_EQ(summarize(ExchangeType::kAuthipMainMode, Sender::kInitiator, payloads), "HAuth1, Ni(qm)");
    EXPECT_EQ(summarize(ExchangeType::kAuthipMainMode, Sender::kResponder, payloads), "HAuth2, Nr(qm)");
    EXPECT_EQ(summarize(ExchangeType::kAuthipExtendedMode, Sender::kInitiator, {payloads.data(), 1}),
              "HAuth3");
    EXPECT_EQ(summarize(ExchangeType::kAuthipExtendedMode, Sender::kResponder, {payloads.data(), 1}),
              "HAuth4");
    EXPECT_EQ(summarize(ExchangeType::kMainMode, Sender::kResponder, payloads), "HASH_R, Nr");
    EXPECT_EQ(summarize(ExchangeType::kMainMode, Sender::kUnknown, {}), "");
}

class ScapyTest : public ::testing::Test {
  protected:
    void SetUp() override {
        std::ifstream file(kSource / "tests/unit/wire/ikev1_messages.txt");
        for (std::string name, digits; file >> name >> digits;)
            messages_[name] = test::hex(digits);
    }

    std::map<std::string, Bytes> messages_;
};

TEST_F(ScapyTest, MainModeSecurityAssociation) {
    const Message message = parsed(messages_.at("main-mode-1"));
    EXPECT_EQ(message.header.exchange_type, ExchangeType::kMainMode);
    EXPECT_FALSE(message.crypto);
    const auto* sa = find<SecurityAssociation>(message.payloads);
    ASSERT_NE(sa, nullptr);
    ASSERT_EQ(sa->proposals.size(), 1u);
    ASSERT_EQ(sa->proposals[0].transforms.size(), 2u);
    const auto value = [&](std::size_t transform, std::uint16_t type) {
        return find_attribute(sa->proposals[0].transforms[transform].attributes, type)->number();
    };
    EXPECT_EQ(value(0, ike_attribute::kEncryption), ike_encryption::kAesCbc);
    EXPECT_EQ(value(0, ike_attribute::kKeyLength), 256u);
    EXPECT_EQ(value(0, ike_attribute::kHash), ike_hash::kSha1);
    EXPECT_EQ(value(0, ike_attribute::kGroupDescription), 14u);
    EXPECT_EQ(value(0, ike_attribute::kLifeDuration), 28800u);
    EXPECT_EQ(value(1, ike_attribute::kEncryption), ike_encryption::k3desCbc);
    EXPECT_EQ(value(1, ike_attribute::kLifeDuration), 100000u);  // three octets, variable form
}

TEST_F(ScapyTest, OtherMessages) {
    const Message exchange = parsed(messages_.at("main-mode-3"));
    EXPECT_EQ(find<KeyExchange>(exchange.payloads)->public_value.size(), 256u);
    EXPECT_EQ(find<Nonce>(exchange.payloads)->data.size(), 20u);

    const Message proof = parsed(messages_.at("main-mode-5"));
    EXPECT_EQ(*find<Identification>(proof.payloads),
              (Identification{id_type::kIpv4Address, 17, 500, test::hex("c0000201")}));
    EXPECT_EQ(find<Hash>(proof.payloads)->data.size(), 20u);

    const Message aggressive = parsed(messages_.at("aggressive-1"));
    EXPECT_EQ(summarize(aggressive.header.exchange_type, Sender::kInitiator, aggressive.payloads),
              "SA, KE, Ni, IDii");
}

}  // namespace
}  // namespace keyline::wire
