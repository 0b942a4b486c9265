#include "wire/describe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "octets.h"
#include "wire/build.h"
#include "wire/names.h"
#include "wire/parse.h"

namespace keyline::wire {
namespace {

using test::datagram;
using test::hex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string text_of(PayloadBody body) { return to_text(describe(Payload{std::move(body)})); }

TEST(DescribeTest, SecurityAssociation) {
    const SecurityAssociation sa{
        .proposals = {{.number = 1,
                       .protocol_id = protocol::kEsp,
                       .spi = hex("a1a2a3a4"),
                       .transforms = {{1,
                                       esp_transform::kAesCbc,
                                       {number_attribute(ipsec_attribute::kLifeType, kLifeSeconds),
                                        number_attribute(ipsec_attribute::kLifeDuration, 100000),
                                        number_attribute(ipsec_attribute::kEncapsulationMode, 62000),
                                        number_attribute(ipsec_attribute::kAuthentication, 5),
                                        number_attribute(99, 7)}}}}}};
    EXPECT_EQ(text_of(sa),
              "Security Association Payload\n"
              "  DOI: 1\n"
              "  Situation: 1\n"
              "  Proposal 1: IPSEC_ESP (3)\n"
              "    SPI: a1a2a3a4\n"
              "    Transform 1: AES-CBC (12)\n"
              "      SA Life Type (1): seconds (1)\n"
              "      SA Life Duration (2): 100000, variable form of 4 octets\n"
              "      Encapsulation Mode (4): Authenticated firewall transport (62000)\n"
              "      Authentication Algorithm (5): HMAC-SHA2-256 (5)\n"
              "      99: 7\n");
}

TEST(DescribeTest, Identifications) {
    const auto data = [](std::uint8_t type, std::string_view digits) {
        return describe(Payload{Identification{type, 6, 443, hex(digits)}}).children.back().value;
    };
    EXPECT_EQ(data(id_type::kIpv4Address, "0a000001"), "10.0.0.1");
    EXPECT_EQ(data(id_type::kIpv4Subnet, "0a000000 ff000000"), "10.0.0.0/255.0.0.0");
    EXPECT_EQ(data(id_type::kIpv4Range, "0a000000 0a0000ff"), "10.0.0.0 - 10.0.0.255");
    EXPECT_EQ(data(id_type::kIpv6Address, "20010db8000000000000000000000001"), "2001:db8::1");
    EXPECT_EQ(data(id_type::kFqdn, "612e6578616d706c65"), "a.example");
    EXPECT_EQ(data(id_type::kIpv4Address, "0a0000"), "0a0000");
    EXPECT_EQ(data(id_type::kIpv4Address, "20010db8000000000000000000000001"),
              "20010db8000000000000000000000001");
    EXPECT_EQ(data(id_type::kKeyId, "00ff"), "00ff");
}

TEST(DescribeTest, AuthipPayloads) {
    EXPECT_EQ(text_of(GssApi{0x8009030C, 0x95, hex("6082")}),
              "GSS-API Payload\n"
              "  Status: 0x8009030c\n"
              "  Flags: 0x95 (GSS_NEW_GSS_EXCHANGE, GSS_RETRY_CURRENT_AUTHENTICATION, "
              "GSS_RESPONDER_AUTH_COMPLETE, 0x80)\n"
              "  GSS-API_Token: 6082\n");
    EXPECT_EQ(text_of(Auth{{{auth_method::kKerberos, 0}, {9, 1}}}),
              "Auth Payload\n  Auth_Method: Kerberos (2)\n  Auth_Method: 9, flags 0x0001\n");
    EXPECT_EQ(text_of(GssId{hex("6800 6f00 5c00 0a00")}),
              "GSS_ID Payload\n  Security Principal Name: ho\\x5c\\x0a\n");
    EXPECT_EQ(text_of(GssId{hex("6800 6f")}),
              "GSS_ID Payload\n  Security Principal Name: not UTF-16: 68006f\n");
    EXPECT_EQ(text_of(KeyDictationWeight{7}), "Key Dictation Weight Payload\n  Key_Dictation_Weight: 7\n");
    EXPECT_EQ(text_of(Opaque{static_cast<PayloadType>(0xA0), hex("01")}),
              "Payload of unknown type 0xa0\n  Data: 01\n");
}

TEST(DescribeTest, Notifications) {
    const auto text = [](std::uint16_t type, std::string_view data) {
        return text_of(AuthipNotification{1, notify_about::kQuickMode, kReliableNotify, type, hex(data)});
    };
    EXPECT_THAT(text(notify::kStatus, "000035f8"), HasSubstr("NOTIFY_STATUS (40020)\n"));
    EXPECT_THAT(text(notify::kStatus, "000035f8"), HasSubstr("Error Code: 13816\n"));
    EXPECT_THAT(text(notify::kStatus, "000035f8"), HasSubstr("Flags: 0x01 (RELIABLE_NOTIFY_FLAG)\n"));
    EXPECT_THAT(text(notify::kAck, "00000007"), HasSubstr("Acknowledged seqNUM: 7\n"));
    EXPECT_THAT(text(notify::kAcquire, "00000002 00000002"),
                HasSubstr("Encapsulation_Mode: Transport (2)\n"
                          "  Flags: 0x02 (IKE_EXCHANGE_INFO_GUARANTEE_ENCRYPTION)\n"));
    EXPECT_THAT(text(notify::kExchangeInfo, "00000003"),
                HasSubstr("0x03 (IKE_EXCHANGE_INFO_ND_BOUNDARY, IKE_EXCHANGE_INFO_GUARANTEE_ENCRYPTION)"));
    EXPECT_THAT(text(notify::kDosCookie, "0102030405060708"),
                HasSubstr("Responder Cookie: 0102030405060708\n"));
    EXPECT_THAT(text(notify::kStatus, "0035f8"), HasSubstr("Notification Data: 0035f8\n"));
    EXPECT_THAT(text_of(Notification{1, protocol::kEsp, hex("aabbccdd"), notify::kNoProposalChosen, {}}),
                HasSubstr("NO-PROPOSAL-CHOSEN (14)\n"));
}

TEST(DescribeTest, HostileTextCannotBreakALine) {
    const std::string text = text_of(Identification{id_type::kFqdn, 0, 0, hex("1b5b324a 0a 22 5c c3a9 7f")});
    EXPECT_THAT(text, HasSubstr("Identification Data: \\x1b[2J\\x0a\"\\x5c\\xc3\\xa9\\x7f\n"));
}

TEST(DescribeTest, LongOctetStringsAreShortenedInTextOnly) {
    const Node node = describe(Payload{Nonce{Bytes(256, 0xAB)}});
    EXPECT_EQ(node.children[0].value.size(), 512u);
    const std::string text = to_text(node);
    EXPECT_THAT(text, HasSubstr("abab... (256 octets)\n"));
    EXPECT_LT(text.size(), 128u);
}

TEST(DescribeTest, BrokenMessagesAreShownUpToTheError) {
    EXPECT_THAT(to_text(describe(hex("0102"))),
                HasSubstr("Error: datagram is shorter than an ISAKMP header"));
    EXPECT_THAT(
        to_text(describe(datagram(PayloadType::kNonce, hex("0d 00 0005 aa 00 00 0009 bb")))),
        HasSubstr(
            "Nonce Payload\n    Nonce Data: aa\n  Error: Payload_Length is not possible here (octet 35)\n"));
    Bytes wrong_length = datagram(PayloadType::kNonce, hex("00 00 0005 aa"));
    wrong_length[27] = 99;
    const std::string text = to_text(describe(wrong_length));
    EXPECT_THAT(text, HasSubstr("Error: ISAKMP Length is not the datagram's (octet 24)\n"));
    EXPECT_THAT(text, HasSubstr("Nonce Data: aa\n"));
    EXPECT_THAT(to_text(describe(datagram(PayloadType::kNonce, {}, ExchangeType::kAuthipMainMode))),
                HasSubstr("Error: AuthIP message does not start with a Crypto payload (octet 16)\n"));
    Bytes ikev2 = datagram(PayloadType::kNonce, hex("00 00 0005 aa"));
    ikev2[17] = 0x20;
    EXPECT_THAT(to_text(describe(ikev2)), Not(HasSubstr("Nonce Data")));
}

TEST(DescribeTest, EncryptedMessagesShowWhatIsClear) {
    const Bytes octets = datagram(PayloadType::kCrypto, hex("00 00 0010 00000005 0102030405060708 c0ffee"),
                                  ExchangeType::kAuthipQuickMode, kFlagEncryption);
    const std::string text = to_text(describe(octets));
    EXPECT_THAT(text, HasSubstr("Flags: 0x01 (Encryption)\n"));
    EXPECT_THAT(text,
                HasSubstr("Crypto Payload\n    seqNUM: 5\n    Initialization_Vector: 0102030405060708\n"));
    EXPECT_THAT(text, HasSubstr("Encrypted Payloads: c0ffee\n"));
}

TEST(NamesTest, UnknownNumbersStayNumbers) {
    EXPECT_EQ(payload_name(static_cast<PayloadType>(0x7F)), "127");
    EXPECT_EQ(transform_name(protocol::kIsakmp, 1), "KEY_IKE");
    EXPECT_EQ(transform_name(protocol::kIsakmp, 2), "2");
    EXPECT_EQ(transform_name(protocol::kIpcomp, 2), "2");
    EXPECT_EQ(attribute_name(protocol::kIsakmp, ike_attribute::kKeyLength), "Key Length");
    EXPECT_EQ(attribute_name(protocol::kEsp, ike_attribute::kKeyLength), "14");
    EXPECT_EQ(attribute_value_name(protocol::kIsakmp, ike_attribute::kGroupDescription, 19), "ECP-256");
    EXPECT_EQ(attribute_value_name(protocol::kIsakmp, ike_attribute::kHash, std::uint64_t{1} << 40),
              "1099511627776");
    EXPECT_THAT(gss_flag_names(0), IsEmpty());
    EXPECT_THAT(header_flag_names(0x0A), ElementsAre("Commit", "0x08"));
}

}  // namespace
}  // namespace keyline::wire
