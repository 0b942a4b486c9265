// Messages to octets, the inverse of wire/parse.h: what was parsed is rebuilt octet for octet.
#pragma once

#include <expected>
#include <span>

#include "base/bytes.h"
#include "wire/error.h"
#include "wire/message.h"

namespace keyline::wire {

inline constexpr std::size_t kMaxMessageSize = 65507;  // UDP payload over IPv4

// The payload sequence with its generic headers: `#n` of the transcript (interpretation item 1). The type of
// its first payload, which stands before it on the wire, is first_type(payloads).
std::expected<Bytes, BuildError> build_payloads(std::span<const Payload> payloads);

// kNone for an empty sequence.
PayloadType first_type(std::span<const Payload> payloads);

// ISAKMP header and Crypto payload up to the IV, with `following` octets still to be appended by the caller:
// for a clear message build_payloads' result, for an encrypted one ciphertext and ICV. `first` is kNone when
// encrypted (item 4). Sets header.next_payload and header.length in the octets.
std::expected<Bytes, BuildError> build_crypto_frame(const Header& header, const CryptoHeader& crypto,
                                                    PayloadType first, std::size_t following);

// An unencrypted AuthIP message in its Crypto payload (interpretation item 3).
std::expected<Bytes, BuildError> build_clear_message(const Header& header, const CryptoHeader& crypto,
                                                     std::span<const Payload> payloads);

// An unencrypted message without Crypto payload: IKEv1, Fragment, NOTIFY_DOS_COOKIE.
std::expected<Bytes, BuildError> build_plain_message(const Header& header, std::span<const Payload> payloads);

// Any message that parse_message gives.
std::expected<Bytes, BuildError> build_message(const Message& message);

}  // namespace keyline::wire
