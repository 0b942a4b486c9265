// Octets to messages. Every length is checked here and nowhere else. Work and memory are linear in the
// datagram and bounded by the limits below; nothing recurses on what the sender chose.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "wire/error.h"
#include "wire/message.h"

namespace keyline::wire {

// More than any peer sends, little enough that one datagram costs little.
inline constexpr std::size_t kMaxPayloads = 64;
inline constexpr std::size_t kMaxProposals = 64;
inline constexpr std::size_t kMaxTransforms = 1024;  // in one SA payload
inline constexpr std::size_t kMaxAttributes = 64;    // in one transform

// The ISAKMP header's fields as they are; the only error is kHeaderTruncated. For tools that show broken
// messages.
std::expected<Header, ParseError> read_header(ByteView datagram);

// The header of a datagram that may be processed further: Length is the datagram's, major version 1, only
// flags that the dialect knows, CKY-I not zero (interpretation F4).
std::expected<Header, ParseError> parse_header(ByteView datagram);

// An AuthIP message's Crypto payload and what follows it. The views are into the datagram.
struct CryptoFrame {
    std::uint32_t sequence = 0;  // seqNUM
    std::uint8_t reserved = 0;
    // Clear: the type of the first payload of `rest`. Encrypted: kNone, the type is inside.
    PayloadType first_payload = PayloadType::kNone;
    ByteView iv;
    // Clear: the plaintext payload sequence, #n of the transcript. Encrypted: ciphertext, then ICV.
    ByteView rest;
    std::size_t rest_offset = 0;  // of `rest` in the datagram
};

// `header` is the one parse_header gave for this datagram. kCryptoMissing when its first payload is another:
// then the message may be a Fragment or a NOTIFY_DOS_COOKIE (header.next_payload tells).
std::expected<CryptoFrame, ParseError> parse_crypto_frame(ByteView datagram, const Header& header);

// A sequence of payloads that starts with `first` and fills `octets`. `offset` is where `octets` lie in the
// datagram and only serves errors. An empty sequence (`first` kNone, no octets) is accepted.
std::expected<std::vector<Payload>, ParseError> parse_payloads(ByteView octets, PayloadType first,
                                                               Dialect dialect, std::size_t offset = 0);

struct ReadablePayloads {
    std::vector<Payload> payloads;    // those before the error
    std::optional<ParseError> error;  // as parse_payloads gives it
};

// The same, keeping what could be read. For tools that show broken messages.
ReadablePayloads read_payloads(ByteView octets, PayloadType first, Dialect dialect, std::size_t offset = 0);

struct PaddedPayloads {
    std::vector<Payload> payloads;
    std::size_t size = 0;  // octets that the payloads take; padding follows
};

// The same for a decrypted IKEv1 message, which ends in padding that no field counts (RFC 2409 appendix B).
std::expected<PaddedPayloads, ParseError> parse_padded_payloads(ByteView octets, PayloadType first,
                                                                std::size_t offset = 0);

// A whole datagram, as far as it can be read without keys.
std::expected<Message, ParseError> parse_message(ByteView datagram);

}  // namespace keyline::wire
