// Every kind of payload: what its octets mean, that it is rebuilt from them, and how its fixed fields can be
// wrong.
#include <gtest/gtest.h>

#include "octets.h"
#include "wire/build.h"
#include "wire/parse.h"

namespace keyline::wire {
namespace {

using test::hex;

constexpr auto kAuthip = Dialect::kAuthip;
constexpr auto kIkev1 = Dialect::kIkev1;

// One payload with this body, whose octets are given with its generic header.
void expect_body(Dialect dialect, PayloadType type, std::string_view digits, const PayloadBody& expected) {
    const Bytes octets = hex(digits);
    const auto payloads = parse_payloads(octets, type, dialect);
    ASSERT_TRUE(payloads) << payloads.error().to_string();
    ASSERT_EQ(payloads->size(), 1u);
    EXPECT_TRUE(payloads->front().body == expected) << digits;
    EXPECT_EQ(payloads->front().type(), type);
    EXPECT_EQ(build_payloads(*payloads).value(), octets);
}

void expect_error(Dialect dialect, PayloadType type, std::string_view digits, ParseReason reason,
                  std::size_t offset) {
    const auto payloads = parse_payloads(hex(digits), type, dialect);
    ASSERT_FALSE(payloads) << digits;
    EXPECT_EQ(payloads.error(), (ParseError{reason, offset})) << digits << payloads.error().to_string();
}

TEST(PayloadsTest, OfBothDialects) {
    for (const Dialect dialect : {kAuthip, kIkev1}) {
        expect_body(dialect, PayloadType::kKeyExchange, "00 00 0007 010203", KeyExchange{hex("010203")});
        expect_body(dialect, PayloadType::kIdentification, "00 00 000c 01 06 01bb 0a000001",
                    Identification{id_type::kIpv4Address, 6, 443, hex("0a000001")});
        expect_body(dialect, PayloadType::kCertificate, "00 00 0007 04 3000", Certificate{4, hex("3000")});
        expect_body(dialect, PayloadType::kCertificateRequest, "00 00 0005 04", CertificateRequest{4, {}});
        expect_body(dialect, PayloadType::kHash, "00 00 0006 abcd", Hash{hex("abcd")});
        expect_body(dialect, PayloadType::kSignature, "00 00 0006 abcd", Signature{hex("abcd")});
        expect_body(dialect, PayloadType::kNonce, "00 00 0006 abcd", Nonce{hex("abcd")});
        expect_body(dialect, PayloadType::kDelete, "00 00 0014 00000001 03 04 0002 aaaaaaaa bbbbbbbb",
                    Delete{1, protocol::kEsp, 4, hex("aaaaaaaa bbbbbbbb")});
        expect_body(dialect, PayloadType::kVendorId, "00 00 0004", VendorId{});
        expect_body(dialect, PayloadType::kNatDiscovery, "00 00 0006 abcd", NatDiscovery{hex("abcd")});
        expect_body(dialect, PayloadType::kNatOriginalAddress, "00 00 000c 01 010203 c0000201",
                    NatOriginalAddress{id_type::kIpv4Address, {1, 2, 3}, hex("c0000201")});
        expect_body(dialect, PayloadType::kFragment, "00 00 000a 0007 02 01 abcd",
                    Fragment{7, 2, kLastFragment, hex("abcd")});
    }
}

TEST(PayloadsTest, OfAuthip) {
    expect_body(kAuthip, PayloadType::kNotification, "00 00 0010 00000001 01 01 9c54 000035f8",
                AuthipNotification{1, notify_about::kMainOrExtendedMode, kReliableNotify, notify::kStatus,
                                   hex("000035f8")});
    expect_body(
        kAuthip, PayloadType::kGssApi, "00 00 000b 8009030c 05 6082",
        GssApi{0x8009030C, gss_flag::kNewGssExchange | gss_flag::kRetryCurrentAuthentication, hex("6082")});
    expect_body(kAuthip, PayloadType::kGssApi, "00 00 0009 00000000 10",
                GssApi{0, gss_flag::kResponderAuthComplete, {}});
    expect_body(kAuthip, PayloadType::kGssId, "00 00 0008 6100 6200", GssId{hex("61006200")});
    expect_body(kAuthip, PayloadType::kAuth, "00 00 000c 0002 0000 0004 8001",
                Auth{{{auth_method::kKerberos, 0}, {auth_method::kTls, 0x8001}}});
    expect_body(kAuthip, PayloadType::kAuth, "00 00 0004", Auth{});
    expect_body(kAuthip, PayloadType::kKeyDictation, "00 00 0006 abcd", KeyDictation{hex("abcd")});
    expect_body(kAuthip, PayloadType::kKeyDictationWeight, "00 00 0008 00000102", KeyDictationWeight{0x102});
    for (const int type : {0x0E, 0x13, 0x16, 0x7F, 0x80, 0x82, 0x83, 0x8A, 0xFF}) {
        const auto unknown = static_cast<PayloadType>(type);
        expect_body(kAuthip, unknown, "00 00 0006 abcd", Opaque{unknown, hex("abcd")});
        EXPECT_EQ(is_private_use(unknown), type >= 0x80);
    }
}

TEST(PayloadsTest, OfIkev1) {
    expect_body(kIkev1, PayloadType::kNotification, "00 00 0012 00000001 03 04 000e aaaaaaaa 0102",
                Notification{1, protocol::kEsp, hex("aaaaaaaa"), notify::kNoProposalChosen, hex("0102")});
    expect_body(kIkev1, PayloadType::kNatDiscoveryDraft, "00 00 0006 abcd", NatDiscovery{hex("abcd"), true});
    expect_body(kIkev1, PayloadType::kNatOriginalAddressDraft, "00 00 000c 01 000000 c0000201",
                NatOriginalAddress{id_type::kIpv4Address, {}, hex("c0000201"), true});
    for (const int type : {0x0E, 0x7F, 0x80, 0x81, 0x85, 0x86, 0x87, 0x88, 0x89, 0xFF}) {
        const auto unknown = static_cast<PayloadType>(type);
        expect_body(kIkev1, unknown, "00 00 0006 abcd", Opaque{unknown, hex("abcd")});
    }
}

TEST(PayloadsTest, ChainsKeepOrderAndReservedOctets) {
    const Bytes octets = hex("0a 77 0005 aa  0a 00 0005 bb  00 ff 0005 cc");
    const auto payloads = parse_payloads(octets, PayloadType::kVendorId, kAuthip);
    ASSERT_TRUE(payloads);
    ASSERT_EQ(payloads->size(), 3u);
    EXPECT_EQ((*payloads)[0].reserved, 0x77);
    EXPECT_EQ(find<Nonce>(*payloads)->data, hex("bb"));
    EXPECT_EQ(find_all<Nonce>(*payloads).size(), 2u);
    EXPECT_EQ(find_all<Nonce>(*payloads)[1]->data, hex("cc"));
    EXPECT_EQ(find<KeyExchange>(*payloads), nullptr);
    EXPECT_EQ(build_payloads(*payloads).value(), octets);
}

TEST(PayloadsTest, EmptySequence) {
    EXPECT_TRUE(parse_payloads({}, PayloadType::kNone, kAuthip)->empty());
    EXPECT_TRUE(build_payloads({})->empty());
    EXPECT_EQ(first_type({}), PayloadType::kNone);
    expect_error(kAuthip, PayloadType::kNone, "00", ParseReason::kTrailingOctets, 0);
}

TEST(PayloadsTest, GenericHeaderErrors) {
    for (const char* digits : {"", "00", "0000", "000000"}) {
        expect_error(kAuthip, PayloadType::kNonce, digits, ParseReason::kPayloadTruncated, 0);
    }
    for (const char* digits : {"00 00 0000", "00 00 0003 00", "00 00 0006 00", "00 00 ffff"}) {
        expect_error(kAuthip, PayloadType::kNonce, digits, ParseReason::kPayloadLength, 2);
    }
    expect_error(kAuthip, PayloadType::kNonce, "0d 00 0005 aa 00 00 0009 bb", ParseReason::kPayloadLength, 7);
    expect_error(kAuthip, PayloadType::kNonce, "0d 00 0005 aa", ParseReason::kPayloadTruncated, 5);
    expect_error(kAuthip, PayloadType::kNonce, "00 00 0005 aa bb", ParseReason::kTrailingOctets, 5);
}

TEST(PayloadsTest, ErrorsCountFromTheDatagramsStart) {
    const auto payloads = parse_payloads(hex("00 00 0003"), PayloadType::kNonce, kAuthip, 44);
    EXPECT_EQ(payloads.error(), (ParseError{ParseReason::kPayloadLength, 46}));
}

TEST(PayloadsTest, FixedFieldsMustBeThere) {
    expect_error(kAuthip, PayloadType::kIdentification, "00 00 0007 010203", ParseReason::kPayloadTruncated,
                 4);
    expect_error(kIkev1, PayloadType::kCertificate, "00 00 0004", ParseReason::kPayloadTruncated, 4);
    expect_error(kIkev1, PayloadType::kCertificateRequest, "00 00 0004", ParseReason::kPayloadTruncated, 4);
    expect_error(kAuthip, PayloadType::kNotification, "00 00 000b 00000001 01 00 9c",
                 ParseReason::kPayloadTruncated, 4);
    expect_error(kIkev1, PayloadType::kNotification, "00 00 000b 00000001 01 00 00",
                 ParseReason::kPayloadTruncated, 4);
    expect_error(kIkev1, PayloadType::kNotification, "00 00 000d 00000001 01 02 000e aa",
                 ParseReason::kPayloadTruncated, 9);
    expect_error(kIkev1, PayloadType::kDelete, "00 00 000b 00000001 01 10 00", ParseReason::kPayloadTruncated,
                 4);
    expect_error(kAuthip, PayloadType::kNatOriginalAddress, "00 00 0007 010000",
                 ParseReason::kPayloadTruncated, 4);
    expect_error(kAuthip, PayloadType::kGssApi, "00 00 0008 00000000", ParseReason::kPayloadTruncated, 4);
    expect_error(kAuthip, PayloadType::kFragment, "00 00 0007 000101", ParseReason::kPayloadTruncated, 4);
}

TEST(PayloadsTest, CountsMustFitTheLength) {
    expect_error(kIkev1, PayloadType::kDelete, "00 00 0010 00000001 03 04 0002 aaaaaaaa",
                 ParseReason::kPayloadLength, 10);
    expect_error(kIkev1, PayloadType::kDelete, "00 00 000c 00000001 03 00 ffff", ParseReason::kPayloadLength,
                 10);
    expect_error(kAuthip, PayloadType::kAuth, "00 00 0006 0002", ParseReason::kPayloadLength, 2);
    expect_error(kAuthip, PayloadType::kKeyDictationWeight, "00 00 0007 000000", ParseReason::kPayloadLength,
                 2);
    expect_error(kAuthip, PayloadType::kKeyDictationWeight, "00 00 0009 0000000000",
                 ParseReason::kPayloadLength, 2);
}

TEST(PayloadsTest, SomeCannotStandAlone) {
    for (const Dialect dialect : {kAuthip, kIkev1}) {
        expect_error(dialect, PayloadType::kProposal, "00 00 0004", ParseReason::kPayloadMisplaced, 0);
        expect_error(dialect, PayloadType::kTransform, "00 00 0004", ParseReason::kPayloadMisplaced, 0);
    }
    expect_error(kAuthip, PayloadType::kNonce, "85 00 0005 aa 00 00 0008 00000000",
                 ParseReason::kPayloadMisplaced, 5);
}

TEST(PayloadsTest, NumberIsBounded) {
    Bytes octets;
    for (std::size_t i = 0; i < kMaxPayloads; ++i)
        append(octets, hex("0d 00 0004"));
    octets[octets.size() - 4] = 0;
    EXPECT_EQ(parse_payloads(octets, PayloadType::kVendorId, kAuthip)->size(), kMaxPayloads);
    octets[octets.size() - 4] = 0x0D;
    append(octets, hex("00 00 0004"));
    EXPECT_EQ(parse_payloads(octets, PayloadType::kVendorId, kAuthip).error(),
              (ParseError{ParseReason::kTooManyPayloads, 4 * kMaxPayloads}));
}

TEST(PayloadsTest, BrokenSequenceCanBeReadUpToTheError) {
    const auto read = read_payloads(hex("0d 00 0005 aa 00 00 0009 bb"), PayloadType::kNonce, kAuthip);
    ASSERT_EQ(read.payloads.size(), 1u);
    EXPECT_TRUE(read.payloads[0].body == PayloadBody(Nonce{hex("aa")}));
    EXPECT_EQ(read.error, (ParseError{ParseReason::kPayloadLength, 7}));
}

TEST(PayloadsTest, DecryptedIkev1EndsInPadding) {
    const auto padded = parse_padded_payloads(hex("00 00 0006 abcd 000000000000000000"), PayloadType::kHash);
    ASSERT_TRUE(padded);
    EXPECT_EQ(padded->payloads.size(), 1u);
    EXPECT_EQ(padded->size, 6u);
    EXPECT_EQ(parse_padded_payloads(hex("01 00 0006 abcd 0000"), PayloadType::kHash).error(),
              (ParseError{ParseReason::kPayloadTruncated, 6}));
}

TEST(PayloadsTest, RefusesToBuildWhatFieldsCannotHold) {
    const auto reason = [](PayloadBody body) {
        const Payload payload{std::move(body)};
        return build_payloads({&payload, 1}).error().reason;
    };
    EXPECT_EQ(reason(Nonce{Bytes(65532)}), BuildReason::kPayloadTooLong);
    EXPECT_EQ(reason(Notification{.spi = Bytes(256)}), BuildReason::kFieldTooLong);
    EXPECT_EQ(reason(SecurityAssociation{.proposals = {{.spi = Bytes(256)}}}), BuildReason::kFieldTooLong);
    EXPECT_EQ(reason(SecurityAssociation{.proposals = {{.transforms = std::vector<Transform>(256)}}}),
              BuildReason::kFieldTooLong);
    EXPECT_EQ(reason(SecurityAssociation{
                  .proposals = {{.transforms = {{.attributes = {{0x8000, std::uint16_t{1}}}}}}}}),
              BuildReason::kFieldTooLong);
    EXPECT_EQ(
        reason(SecurityAssociation{.proposals = {{.transforms = {{.attributes = {{1, Bytes(65536)}}}}}}}),
        BuildReason::kFieldTooLong);
    EXPECT_EQ(reason(Delete{.spi_size = 1, .spis = Bytes(65536)}), BuildReason::kFieldTooLong);
    const Payload fits{Nonce{Bytes(65531)}};
    EXPECT_TRUE(build_payloads({&fits, 1}));
    EXPECT_EQ(build_plain_message({}, {&fits, 1}).error().reason, BuildReason::kMessageTooLong);
}

}  // namespace
}  // namespace keyline::wire
