#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "octets.h"
#include "wire/build.h"
#include "wire/parse.h"

namespace keyline::wire {
namespace {

using test::datagram;
using test::hex;
using ::testing::ElementsAreArray;

std::expected<CryptoFrame, ParseError> frame_of(const Bytes& octets) {
    return parse_crypto_frame(octets, parse_header(octets).value());
}

Bytes authip(std::string_view rest, std::uint8_t flags = 0) {
    return datagram(PayloadType::kCrypto, hex(rest), ExchangeType::kAuthipMainMode, flags);
}

void expect_error(const Bytes& octets, ParseReason reason, std::size_t offset) {
    const auto frame = frame_of(octets);
    ASSERT_FALSE(frame);
    EXPECT_EQ(frame.error(), (ParseError{reason, offset})) << frame.error().to_string();
}

TEST(CryptoFrameTest, ClearWithoutIv) {
    const Bytes octets = authip("0a 00 0008 00000003 00 00 0006 abcd");
    const auto frame = frame_of(octets);
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->sequence, 3u);
    EXPECT_EQ(frame->first_payload, PayloadType::kNonce);
    EXPECT_TRUE(frame->iv.empty());
    EXPECT_THAT(frame->rest, ElementsAreArray(hex("00 00 0006 abcd")));
    EXPECT_EQ(frame->rest_offset, 36u);
}

TEST(CryptoFrameTest, ClearWithIv) {
    const Bytes octets = authip("0a 00 0010 00000003 0123456789abcdef 00 00 0006 abcd");
    const auto frame = frame_of(octets);
    ASSERT_TRUE(frame);
    EXPECT_THAT(frame->iv, ElementsAreArray(hex("0123456789abcdef")));
    EXPECT_EQ(frame->rest_offset, 44u);
    EXPECT_EQ(build_message(parse_message(octets).value()).value(), octets);
}

TEST(CryptoFrameTest, EncryptedKeepsCiphertextAndIcvTogether) {
    const Bytes octets =
        authip("00 00 0018 00000009 000102030405060708090a0b0c0d0e0f c0ffee", kFlagEncryption);
    const auto frame = frame_of(octets);
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->first_payload, PayloadType::kNone);
    EXPECT_EQ(frame->iv.size(), 16u);
    EXPECT_THAT(frame->rest, ElementsAreArray(hex("c0ffee")));
    const auto message = parse_message(octets);
    ASSERT_TRUE(message);
    EXPECT_TRUE(message->payloads.empty());
    EXPECT_EQ(message->sealed, hex("c0ffee"));
    EXPECT_EQ(build_message(*message).value(), octets);
}

TEST(CryptoFrameTest, RefusesImpossibleFrames) {
    expect_error(datagram(PayloadType::kNonce, hex("00 00 0008 00000000"), ExchangeType::kAuthipMainMode),
                 ParseReason::kCryptoMissing, 16);
    expect_error(authip("00 00 0008 000000"), ParseReason::kCryptoTruncated, 28);
    for (const char* length : {"0000", "0007", "0009", "000f", "0011", "0018", "ffff"}) {
        expect_error(authip(std::string("0a 00") + length + "00000000 0000000000000000 0000000000000000"),
                     ParseReason::kCryptoLength, 30);
    }
    expect_error(authip("0a 00 0010 00000000 00000000000000"), ParseReason::kCryptoLength, 30);
    expect_error(authip("00 00 0010 00000000 00000000000000", kFlagEncryption), ParseReason::kCryptoLength,
                 30);
    expect_error(authip("05 00 0008 00000000 00", kFlagEncryption), ParseReason::kCryptoNextPayload, 28);
}

TEST(CryptoFrameTest, OnlyFragmentAndCookieDoWithoutIt) {
    const Bytes body = hex("00 00 000c 00000001 01 00 9c55");
    EXPECT_TRUE(parse_message(datagram(PayloadType::kNotification, body, ExchangeType::kAuthipNotify)));
    const auto clear_nonce =
        parse_message(datagram(PayloadType::kNonce, hex("00 00 0004"), ExchangeType::kAuthipMainMode));
    EXPECT_EQ(clear_nonce.error(), (ParseError{ParseReason::kCryptoMissing, 16}));
    const auto encrypted = parse_message(
        datagram(PayloadType::kNotification, body, ExchangeType::kAuthipNotify, kFlagEncryption));
    EXPECT_EQ(encrypted.error(), (ParseError{ParseReason::kCryptoMissing, 16}));
}

TEST(CryptoFrameTest, BuildsTheFrameAndItsLength) {
    const Header header{.initiator_cookie = {1}, .exchange_type = ExchangeType::kAuthipMainMode};
    const auto octets = build_crypto_frame(header, {.sequence = 7}, PayloadType::kNonce, 100);
    ASSERT_TRUE(octets);
    EXPECT_EQ(load_be32(octets->data() + kHeaderLengthOffset), 136u);
    EXPECT_EQ((*octets)[16], 0x85);
    EXPECT_THAT(ByteView(*octets).subspan(kHeaderSize), ElementsAreArray(hex("0a 00 0008 00000007")));
}

TEST(CryptoFrameTest, RefusesToBuildWhatItWouldNotParse) {
    Header header{.initiator_cookie = {1}, .exchange_type = ExchangeType::kAuthipMainMode};
    EXPECT_EQ(build_crypto_frame(header, {.iv = Bytes(16)}, PayloadType::kNonce, 0).error().reason,
              BuildReason::kCryptoIv);
    EXPECT_EQ(build_crypto_frame(header, {}, PayloadType::kNonce, kMaxMessageSize - 35).error().reason,
              BuildReason::kMessageTooLong);
    EXPECT_TRUE(build_crypto_frame(header, {}, PayloadType::kNonce, kMaxMessageSize - 36));
}

}  // namespace
}  // namespace keyline::wire
