#include <algorithm>

#include "wire/parse.h"
#include "wire/reader.h"

namespace keyline::wire {
namespace {

constexpr std::size_t kNextPayloadOffset = 16;
constexpr std::size_t kVersionOffset = 17;
constexpr std::size_t kFlagsOffset = 19;

Cookie take_cookie(Reader& from) {
    Cookie cookie;
    std::ranges::copy(from.take(cookie.size()), cookie.begin());
    return cookie;
}

std::uint8_t known_flags(Dialect dialect) {
    return dialect == Dialect::kAuthip ? kFlagEncryption
                                       : kFlagEncryption | kFlagCommit | kFlagAuthenticationOnly;
}

}  // namespace

std::expected<Header, ParseError> read_header(ByteView datagram) {
    if (datagram.size() < kHeaderSize) return failure(ParseReason::kHeaderTruncated, datagram.size());
    Reader from(datagram, 0);
    Header header;
    header.initiator_cookie = take_cookie(from);
    header.responder_cookie = take_cookie(from);
    header.next_payload = static_cast<PayloadType>(from.u8());
    header.version = from.u8();
    header.exchange_type = static_cast<ExchangeType>(from.u8());
    header.flags = from.u8();
    header.message_id = from.be32();
    header.length = from.be32();
    return header;
}

std::expected<Header, ParseError> parse_header(ByteView datagram) {
    auto header = read_header(datagram);
    if (!header) return header;
    if (header->length != datagram.size()) return failure(ParseReason::kLengthMismatch, kHeaderLengthOffset);
    if (header->version >> 4 != 1) return failure(ParseReason::kMajorVersion, kVersionOffset);
    if ((header->flags & ~known_flags(header->dialect())) != 0) {
        return failure(ParseReason::kUnknownFlags, kFlagsOffset);
    }
    if (header->initiator_cookie == Cookie{}) return failure(ParseReason::kInitiatorCookieZero, 0);
    return header;
}

std::expected<CryptoFrame, ParseError> parse_crypto_frame(ByteView datagram, const Header& header) {
    if (header.next_payload != PayloadType::kCrypto) {
        return failure(ParseReason::kCryptoMissing, kNextPayloadOffset);
    }
    Reader from(datagram.subspan(kHeaderSize), kHeaderSize);
    if (!from.has(kCryptoHeaderSize)) return failure(ParseReason::kCryptoTruncated, kHeaderSize);
    CryptoFrame frame;
    frame.first_payload = static_cast<PayloadType>(from.u8());
    frame.reserved = from.u8();
    const std::size_t length = from.be16();
    frame.sequence = from.be32();

    if (length < kCryptoHeaderSize) return failure(ParseReason::kCryptoLength, kHeaderSize + 2);
    const std::size_t iv_size = length - kCryptoHeaderSize;
    const bool possible = header.encrypted() || iv_size == 0 || iv_size == kClearIvSize;
    if (!possible || !from.has(iv_size)) return failure(ParseReason::kCryptoLength, kHeaderSize + 2);
    if (header.encrypted() && frame.first_payload != PayloadType::kNone) {
        return failure(ParseReason::kCryptoNextPayload, kHeaderSize);
    }
    frame.iv = from.take(iv_size);
    frame.rest_offset = from.offset();
    frame.rest = from.take_rest();
    return frame;
}

std::expected<Message, ParseError> parse_message(ByteView datagram) {
    const auto header = parse_header(datagram);
    if (!header) return std::unexpected(header.error());
    Message message{.header = *header};

    ByteView rest = datagram.subspan(kHeaderSize);
    std::size_t rest_offset = kHeaderSize;
    PayloadType first = header->next_payload;
    if (header->needs_crypto_payload()) {
        const auto frame = parse_crypto_frame(datagram, *header);
        if (!frame) return std::unexpected(frame.error());
        message.crypto = CryptoHeader{frame->sequence, {frame->iv.begin(), frame->iv.end()}, frame->reserved};
        rest = frame->rest;
        rest_offset = frame->rest_offset;
        first = frame->first_payload;
    }
    if (header->encrypted()) {
        message.sealed.assign(rest.begin(), rest.end());
        return message;
    }
    auto payloads = parse_payloads(rest, first, header->dialect(), rest_offset);
    if (!payloads) return std::unexpected(payloads.error());
    message.payloads = std::move(*payloads);
    return message;
}

}  // namespace keyline::wire
