#include "wire/build.h"
#include "wire/writer.h"

namespace keyline::wire {
namespace {

std::unexpected<BuildError> failure(BuildReason reason) { return std::unexpected(BuildError{reason}); }

void write_header(Writer& to, const Header& header, PayloadType next_payload, std::size_t length) {
    if (length > kMaxMessageSize) to.fail(BuildReason::kMessageTooLong);
    to.octets(header.initiator_cookie);
    to.octets(header.responder_cookie);
    to.u8(static_cast<std::uint8_t>(next_payload));
    to.u8(header.version);
    to.u8(static_cast<std::uint8_t>(header.exchange_type));
    to.u8(header.flags);
    to.be32(header.message_id);
    to.be32(static_cast<std::uint32_t>(length));
}

std::expected<Bytes, BuildError> with_appended(std::expected<Bytes, BuildError> octets, ByteView more) {
    if (octets) append(*octets, more);
    return octets;
}

// Header and, without Crypto payload, what follows it.
std::expected<Bytes, BuildError> build_plain(const Header& header, PayloadType first, ByteView rest) {
    Writer to;
    write_header(to, header, first, kHeaderSize + rest.size());
    to.octets(rest);
    return std::move(to).finish();
}

}  // namespace

std::expected<Bytes, BuildError> build_crypto_frame(const Header& header, const CryptoHeader& crypto,
                                                    PayloadType first, std::size_t following) {
    if (!header.encrypted() && !crypto.iv.empty() && crypto.iv.size() != kClearIvSize) {
        return failure(BuildReason::kCryptoIv);
    }
    Writer to;
    write_header(to, header, PayloadType::kCrypto,
                 kHeaderSize + kCryptoHeaderSize + crypto.iv.size() + following);
    const std::size_t start = to.begin(first, crypto.reserved);
    to.be32(crypto.sequence);
    to.octets(crypto.iv);
    to.end(start);
    return std::move(to).finish();
}

std::expected<Bytes, BuildError> build_clear_message(const Header& header, const CryptoHeader& crypto,
                                                     std::span<const Payload> payloads) {
    const auto rest = build_payloads(payloads);
    if (!rest) return rest;
    return with_appended(build_crypto_frame(header, crypto, first_type(payloads), rest->size()), *rest);
}

std::expected<Bytes, BuildError> build_plain_message(const Header& header,
                                                     std::span<const Payload> payloads) {
    const auto rest = build_payloads(payloads);
    if (!rest) return rest;
    return build_plain(header, first_type(payloads), *rest);
}

std::expected<Bytes, BuildError> build_message(const Message& message) {
    const Header& header = message.header;
    if (message.crypto) {
        if (!header.encrypted()) return build_clear_message(header, *message.crypto, message.payloads);
        return with_appended(
            build_crypto_frame(header, *message.crypto, PayloadType::kNone, message.sealed.size()),
            message.sealed);
    }
    if (!header.encrypted()) return build_plain_message(header, message.payloads);
    return build_plain(header, header.next_payload, message.sealed);
}

}  // namespace keyline::wire
