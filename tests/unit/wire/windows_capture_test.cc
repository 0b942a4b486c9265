// The one real AuthIP message known: main mode #1 of Windows Server 2008 R2.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/hash.h"
#include "octets.h"
#include "wire/build.h"
#include "wire/describe.h"
#include "wire/parse.h"
#include "wire/vendor_ids.h"

namespace keyline::wire {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::filesystem::path kCapture =
    std::filesystem::path(KEYLINE_SOURCE_DIR) / "../shared/spec/captures/authip-windows-2008r2-message-1.bin";

class WindowsCaptureTest : public ::testing::Test {
  protected:
    void SetUp() override {
        if (!std::filesystem::exists(kCapture)) {
            GTEST_SKIP()
                << "The captured Windows message is not part of the source tree and is not beside it.";
        }
        octets_ = test::read_file(kCapture);
        auto message = parse_message(octets_);
        ASSERT_TRUE(message) << message.error().to_string();
        message_ = *std::move(message);
    }

    Bytes octets_;
    Message message_;
};

TEST_F(WindowsCaptureTest, IsRebuiltOctetForOctet) { EXPECT_EQ(build_message(message_).value(), octets_); }

TEST_F(WindowsCaptureTest, HeaderAndCrypto) {
    EXPECT_EQ(message_.header.next_payload, PayloadType::kCrypto);
    EXPECT_EQ(message_.header.exchange_type, ExchangeType::kAuthipMainMode);
    EXPECT_EQ(message_.header.flags, 0);
    EXPECT_EQ(message_.header.message_id, 0u);
    EXPECT_EQ(message_.header.responder_cookie, Cookie{});
    ASSERT_TRUE(message_.crypto);
    EXPECT_EQ(message_.crypto->sequence, 0u);
    EXPECT_TRUE(message_.crypto->iv.empty());
}

TEST_F(WindowsCaptureTest, SecurityAssociation) {
    const auto* sa = find<SecurityAssociation>(message_.payloads);
    ASSERT_NE(sa, nullptr);
    ASSERT_EQ(sa->proposals.size(), 1u);
    const Proposal& proposal = sa->proposals[0];
    EXPECT_EQ(proposal.number, 1);
    EXPECT_EQ(proposal.protocol_id, protocol::kIsakmp);
    EXPECT_TRUE(proposal.spi.empty());
    const Bytes duration = test::hex("00007080");  // 28,800 seconds in the variable form
    const auto basic = [](std::uint16_t type, std::uint16_t value) { return Attribute{type, value}; };
    EXPECT_THAT(proposal.transforms,
                ElementsAre(Transform{1,
                                      kTransformKeyIke,
                                      {basic(ike_attribute::kEncryption, ike_encryption::kAesCbc),
                                       basic(ike_attribute::kKeyLength, 128),
                                       basic(ike_attribute::kHash, ike_hash::kSha1),
                                       basic(ike_attribute::kGroupDescription, 0),
                                       basic(ike_attribute::kLifeType, kLifeSeconds),
                                       {ike_attribute::kLifeDuration, duration}}},
                            Transform{2,
                                      kTransformKeyIke,
                                      {basic(ike_attribute::kEncryption, ike_encryption::k3desCbc),
                                       basic(ike_attribute::kHash, ike_hash::kSha1),
                                       basic(ike_attribute::kGroupDescription, 0),
                                       basic(ike_attribute::kLifeType, kLifeSeconds),
                                       {ike_attribute::kLifeDuration, duration}}}));
}

TEST_F(WindowsCaptureTest, AuthNonceAndVendorIds) {
    EXPECT_EQ(*find<Auth>(message_.payloads), (Auth{{{auth_method::kKerberos, 0}}}));
    EXPECT_EQ(find<Nonce>(message_.payloads)->data.size(), 48u);
    std::vector<std::string> names;
    for (const VendorId* id : find_all<VendorId>(message_.payloads)) {
        names.push_back(vendor::name(id->data).value_or("unknown"));
    }
    EXPECT_THAT(names,
                ElementsAre("MS NT5 ISAKMPOAKLEY 8 (Windows Server 2008 R2)", "RFC 3947", "FRAGMENTATION",
                            "MS-Negotiation Discovery Capable", "Vid-Initial-Contact"));
}

TEST_F(WindowsCaptureTest, NatDiscoveryLeavesTheRespondersCookieOut) {
    const auto discoveries = find_all<NatDiscovery>(message_.payloads);
    ASSERT_EQ(discoveries.size(), 2u);
    EXPECT_EQ(discoveries[0]->hash.size(), 20u);
    const Bytes sender = test::hex("0a6e1284 01f4");  // 10.110.18.132, port 500
    EXPECT_EQ(discoveries[1]->hash,
              crypto::hash(crypto::HashAlgorithm::kSha1, {message_.header.initiator_cookie, sender}));
}

TEST_F(WindowsCaptureTest, ReadsAsText) {
    EXPECT_EQ(summarize(message_.header.exchange_type, Sender::kInitiator, message_.payloads),
              "SA, Auth, Ni, VID ×5, NATD ×2");
    const std::string text = to_text(describe(octets_));
    EXPECT_THAT(text, HasSubstr("Exchange Type: AuthIP Main Mode (0xf3)"));
    EXPECT_THAT(text, HasSubstr("Life Duration (12): 28800, variable form of 4 octets"));
    EXPECT_THAT(text, HasSubstr("Auth_Method: Kerberos (2)"));
    EXPECT_THAT(text, ::testing::Not(HasSubstr("Error")));
}

}  // namespace
}  // namespace keyline::wire
