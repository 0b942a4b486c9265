#include <gtest/gtest.h>

#include "octets.h"
#include "wire/build.h"
#include "wire/parse.h"

namespace keyline::wire {
namespace {

using test::datagram;
using test::hex;

void expect_error(const Bytes& octets, ParseReason reason, std::size_t offset) {
    const auto header = parse_header(octets);
    ASSERT_FALSE(header) << to_hex(octets);
    EXPECT_EQ(header.error(), (ParseError{reason, offset})) << header.error().to_string();
}

TEST(HeaderTest, ReadsEveryField) {
    const Bytes octets = hex("85f7330bf85f7b16 1112131415161718 85 11 f4 01 01020304 0000001c");
    const auto header = parse_header(octets);
    ASSERT_TRUE(header);
    EXPECT_EQ(header->initiator_cookie, (Cookie{0x85, 0xF7, 0x33, 0x0B, 0xF8, 0x5F, 0x7B, 0x16}));
    EXPECT_EQ(header->responder_cookie, (Cookie{0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18}));
    EXPECT_EQ(header->next_payload, PayloadType::kCrypto);
    EXPECT_EQ(header->version, 0x11);  // a larger minor version is accepted (MS-AIPS 2.2.1)
    EXPECT_EQ(header->exchange_type, ExchangeType::kAuthipQuickMode);
    EXPECT_EQ(header->dialect(), Dialect::kAuthip);
    EXPECT_TRUE(header->encrypted());
    EXPECT_EQ(header->message_id, 0x01020304u);
    EXPECT_EQ(header->length, 28u);
}

TEST(HeaderTest, EveryTruncationIsOne) {
    const Bytes whole = datagram(PayloadType::kNone, {});
    for (std::size_t size = 0; size < kHeaderSize; ++size) {
        expect_error({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)},
                     ParseReason::kHeaderTruncated, size);
    }
}

TEST(HeaderTest, LengthMustBeTheDatagrams) {
    Bytes octets = datagram(PayloadType::kNone, {});
    octets.push_back(0);
    expect_error(octets, ParseReason::kLengthMismatch, 24);
    octets[27] = 30;
    expect_error(octets, ParseReason::kLengthMismatch, 24);
    octets[24] = 0xFF;
    expect_error(octets, ParseReason::kLengthMismatch, 24);
}

TEST(HeaderTest, MajorVersionMustBeOne) {
    Bytes octets = datagram(PayloadType::kNone, {});
    for (const int version : {0x00, 0x0F, 0x20, 0xF0}) {
        octets[17] = static_cast<std::uint8_t>(version);
        expect_error(octets, ParseReason::kMajorVersion, 17);
    }
}

TEST(HeaderTest, FlagsAreThoseOfTheDialect) {
    for (int flags = 0; flags < 256; ++flags) {
        const auto value = static_cast<std::uint8_t>(flags);
        for (const auto exchange : {ExchangeType::kAuthipMainMode, ExchangeType::kAuthipNotify}) {
            EXPECT_EQ(parse_header(datagram(PayloadType::kNone, {}, exchange, value)).has_value(),
                      flags <= 1);
        }
        EXPECT_EQ(parse_header(datagram(PayloadType::kNone, {}, ExchangeType::kQuickMode, value)).has_value(),
                  flags <= 7);
    }
    expect_error(datagram(PayloadType::kNone, {}, ExchangeType::kAuthipQuickMode, kFlagCommit),
                 ParseReason::kUnknownFlags, 19);
}

TEST(HeaderTest, InitiatorCookieMustNotBeZero) {
    Bytes octets = datagram(PayloadType::kNone, {});
    std::fill_n(octets.begin(), 8, std::uint8_t{0});
    expect_error(octets, ParseReason::kInitiatorCookieZero, 0);
    EXPECT_TRUE(read_header(octets));
}

TEST(HeaderTest, KnowsWhichMessagesNeedACryptoPayload) {
    Header header{.next_payload = PayloadType::kNotification, .exchange_type = ExchangeType::kAuthipNotify};
    EXPECT_FALSE(header.needs_crypto_payload());
    header.flags = kFlagEncryption;
    EXPECT_TRUE(header.needs_crypto_payload());
    header = {.next_payload = PayloadType::kFragment, .exchange_type = ExchangeType::kAuthipMainMode};
    EXPECT_FALSE(header.needs_crypto_payload());
    header.next_payload = PayloadType::kSecurityAssociation;
    EXPECT_TRUE(header.needs_crypto_payload());
    header.exchange_type = ExchangeType::kMainMode;
    EXPECT_FALSE(header.needs_crypto_payload());
}

}  // namespace
}  // namespace keyline::wire
