#include <gtest/gtest.h>

#include "octets.h"
#include "wire/build.h"
#include "wire/parse.h"

namespace keyline::wire {
namespace {

using test::hex;

// An SA payload around these proposals, with its generic header, DOI and situation.
Bytes sa_around(const Bytes& proposals, std::string_view doi_and_situation = "00000001 00000001") {
    Bytes octets = hex("00 00");
    append_be16(octets, static_cast<std::uint16_t>(12 + proposals.size()));
    append(octets, hex(doi_and_situation));
    append(octets, proposals);
    return octets;
}

std::expected<std::vector<Payload>, ParseError> parse(const Bytes& octets) {
    return parse_payloads(octets, PayloadType::kSecurityAssociation, Dialect::kAuthip);
}

void expect_error(std::string_view proposals, ParseReason reason, std::size_t offset) {
    const auto payloads = parse(sa_around(hex(proposals)));
    ASSERT_FALSE(payloads) << proposals;
    EXPECT_EQ(payloads.error(), (ParseError{reason, offset})) << proposals << payloads.error().to_string();
}

TEST(SecurityAssociationTest, KeepsEverythingItReads) {
    const Bytes octets =
        sa_around(hex("02 11 0020 01 03 04 02 a1a2a3a4"
                      "  03 22 0008 01 14 0001"
                      "  00 00 000c 02 0c 0000 80060100"
                      "00 00 0018 02 02 02 01 b1b2"
                      "  00 00 000e 01 03 0000 00020002 ffff"));
    const auto payloads = parse(octets);
    ASSERT_TRUE(payloads) << payloads.error().to_string();
    const auto* sa = find<SecurityAssociation>(*payloads);
    ASSERT_EQ(sa->proposals.size(), 2u);
    const Proposal& esp = sa->proposals[0];
    EXPECT_EQ(esp.reserved, 0x11);
    EXPECT_EQ(esp.number, 1);
    EXPECT_EQ(esp.protocol_id, protocol::kEsp);
    EXPECT_EQ(esp.spi, hex("a1a2a3a4"));
    ASSERT_EQ(esp.transforms.size(), 2u);
    EXPECT_EQ(esp.transforms[0].reserved, 0x22);
    EXPECT_EQ(esp.transforms[0].reserved2, 1);
    EXPECT_EQ(esp.transforms[0].id, esp_transform::kAesGcm16);
    EXPECT_TRUE(esp.transforms[0].attributes.empty());
    const auto* key_length = find_attribute(esp.transforms[1].attributes, ipsec_attribute::kKeyLength);
    ASSERT_NE(key_length, nullptr);
    EXPECT_TRUE(key_length->is_basic());
    EXPECT_EQ(key_length->number(), 256u);
    const auto* duration =
        find_attribute(sa->proposals[1].transforms[0].attributes, ipsec_attribute::kLifeDuration);
    ASSERT_NE(duration, nullptr);
    EXPECT_FALSE(duration->is_basic());
    EXPECT_EQ(duration->number(), 0xFFFFu);
    EXPECT_EQ(build_payloads(*payloads).value(), octets);
}

TEST(SecurityAssociationTest, OnlyTheIpsecDoiAndIdentityOnly) {
    const Bytes proposals = hex("00 00 0010 01 01 00 01 00 00 0008 01 01 0000");
    EXPECT_TRUE(parse(sa_around(proposals)));
    EXPECT_EQ(parse(sa_around(proposals, "00000000 00000001")).error(), (ParseError{ParseReason::kDoi, 4}));
    EXPECT_EQ(parse(sa_around(proposals, "00000001 00000002")).error(),
              (ParseError{ParseReason::kSituation, 8}));
    EXPECT_EQ(parse(hex("00 00 000b 00000001 000000")).error(),
              (ParseError{ParseReason::kPayloadTruncated, 4}));
}

TEST(SecurityAssociationTest, ProposalErrors) {
    expect_error("", ParseReason::kSubstructureTruncated, 12);
    expect_error("00 00 00", ParseReason::kSubstructureTruncated, 12);
    expect_error("03 00 0010 01 01 00 01 00 00 0008 01 01 0000", ParseReason::kSubstructureType, 12);
    expect_error("00 00 0007 01 01 00", ParseReason::kSubstructureLength, 14);
    expect_error("00 00 0011 01 01 00 01 00 00 0008 01 01 0000", ParseReason::kSubstructureLength, 14);
    expect_error("00 00 0010 01 01 09 01 00 00 0008 01 01 0000", ParseReason::kSubstructureLength, 18);
    expect_error("02 00 0010 01 01 00 01 00 00 0008 01 01 0000", ParseReason::kSubstructureTruncated, 28);
    expect_error("00 00 0010 01 01 00 01 00 00 0008 01 01 0000 00", ParseReason::kTrailingOctets, 28);
    for (const char* count : {"00", "02", "ff"}) {
        expect_error(std::string("00 00 0010 01 01 00") + count + "00 00 0008 01 01 0000",
                     ParseReason::kTransformCount, 19);
    }
}

TEST(SecurityAssociationTest, TransformErrors) {
    expect_error("00 00 0008 01 01 00 00", ParseReason::kSubstructureTruncated, 20);
    expect_error("00 00 0010 01 01 00 01 02 00 0008 01 01 0000", ParseReason::kSubstructureType, 20);
    expect_error("00 00 0010 01 01 00 01 00 00 0007 01 01 0000", ParseReason::kSubstructureLength, 22);
    expect_error("00 00 0010 01 01 00 01 00 00 0009 01 01 0000", ParseReason::kSubstructureLength, 22);
    expect_error("00 00 0010 01 01 00 01 03 00 0008 01 01 0000", ParseReason::kSubstructureTruncated, 28);
    expect_error("00 00 0011 01 01 00 01 00 00 0008 01 01 0000 00", ParseReason::kTrailingOctets, 28);
}

TEST(SecurityAssociationTest, AttributeErrors) {
    expect_error("00 00 0013 01 01 00 01 00 00 000b 01 01 0000 800100", ParseReason::kAttributeTruncated, 28);
    expect_error("00 00 0017 01 01 00 01 00 00 000f 01 01 0000 000c0004 000000",
                 ParseReason::kAttributeTruncated, 28);
}

TEST(SecurityAssociationTest, NumbersAreBounded) {
    const Proposal small{.number = 1, .protocol_id = 1, .transforms = {Transform{1, 1}}};
    const auto error_of = [](SecurityAssociation sa) {
        const Payload payload{std::move(sa)};
        const auto payloads = parse(build_payloads({&payload, 1}).value());
        return payloads ? std::nullopt : std::optional(payloads.error().reason);
    };
    EXPECT_EQ(error_of({.proposals = std::vector(kMaxProposals, small)}), std::nullopt);
    EXPECT_EQ(error_of({.proposals = std::vector(kMaxProposals + 1, small)}), ParseReason::kTooManyProposals);

    const Proposal wide{.number = 1, .protocol_id = 1, .transforms = std::vector(128, Transform{1, 1})};
    EXPECT_EQ(error_of({.proposals = std::vector(kMaxTransforms / 128, wide)}), std::nullopt);
    EXPECT_EQ(error_of({.proposals = std::vector(kMaxTransforms / 128 + 1, wide)}),
              ParseReason::kTooManyTransforms);

    Proposal deep = small;
    deep.transforms[0].attributes.assign(kMaxAttributes, number_attribute(1, 1));
    EXPECT_EQ(error_of({.proposals = {deep}}), std::nullopt);
    deep.transforms[0].attributes.push_back(number_attribute(1, 1));
    EXPECT_EQ(error_of({.proposals = {deep}}), ParseReason::kTooManyAttributes);
}

TEST(AttributeTest, NumberTakesBothForms) {
    EXPECT_EQ((Attribute{1, std::uint16_t{7}}.number()), 7u);
    EXPECT_EQ((Attribute{1, hex("01")}.number()), 1u);
    EXPECT_EQ((Attribute{1, hex("00007080")}.number()), 28800u);
    EXPECT_EQ((Attribute{1, hex("ffffffffffffffff")}.number()), ~std::uint64_t{0});
    EXPECT_EQ((Attribute{1, hex("000000000000000001")}.number()), std::nullopt);
    EXPECT_EQ((Attribute{1, Bytes{}}.number()), std::nullopt);
}

TEST(AttributeTest, NumberAttributeIsBasicUpTo65535) {
    EXPECT_EQ(number_attribute(12, 65535), (Attribute{12, std::uint16_t{65535}}));
    EXPECT_EQ(number_attribute(12, 65536), (Attribute{12, hex("00010000")}));
}

}  // namespace
}  // namespace keyline::wire
