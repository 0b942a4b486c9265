// An ISAKMP message: header, AuthIP's Crypto payload header where there is one, payloads.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "wire/numbers.h"
#include "wire/payloads.h"

namespace keyline::wire {

using Cookie = std::array<std::uint8_t, 8>;

inline constexpr std::size_t kHeaderSize = 28;
inline constexpr std::size_t kHeaderLengthOffset =
    24;  // of the 4-octet Length, for ICVs that take it as zero
inline constexpr std::size_t kGenericHeaderSize = 4;
inline constexpr std::size_t kCryptoHeaderSize = 8;  // generic header and seqNUM, without the IV
inline constexpr std::size_t kClearIvSize = 8;  // where an unencrypted message has an IV (MS-AIPS 2.2.3.2.2)
inline constexpr std::uint8_t kVersion1 = 0x10;

// RFC 2408 3.1, MS-AIPS 2.2.1.
struct Header {
    Cookie initiator_cookie{};
    Cookie responder_cookie{};
    PayloadType next_payload = PayloadType::kNone;  // set by the build functions
    std::uint8_t version = kVersion1;               // major << 4 | minor
    ExchangeType exchange_type{};
    std::uint8_t flags = 0;
    std::uint32_t message_id = 0;
    std::uint32_t length = 0;  // of the whole message; set by the build functions

    bool encrypted() const { return (flags & kFlagEncryption) != 0; }
    Dialect dialect() const { return dialect_of(exchange_type); }
    // Every AuthIP message has a Crypto payload in front, but a Fragment and NOTIFY_DOS_COOKIE, which are
    // clear (MS-AIPS 2.2.3.2, MS-IKEE 2.2.3).
    bool needs_crypto_payload() const;
    bool operator==(const Header&) const = default;
};

struct Payload {
    PayloadBody body;
    std::uint8_t reserved = 0;  // second octet of the generic payload header

    PayloadType type() const { return type_of(body); }
    bool operator==(const Payload&) const = default;
};

// The Crypto payload up to and including the IV (MS-AIPS 2.2.3.2, interpretation items 3 and 4).
struct CryptoHeader {
    std::uint32_t sequence = 0;  // seqNUM
    Bytes iv;                    // clear: 0 or 8 octets; encrypted: the cipher's block
    std::uint8_t reserved = 0;   // second octet of the generic payload header

    bool operator==(const CryptoHeader&) const = default;
};

// A whole datagram. Of an encrypted one the payloads are empty and `sealed` is what cannot be read without
// keys: for AuthIP ciphertext and ICV, for IKEv1 everything after the header.
struct Message {
    Header header;
    std::optional<CryptoHeader> crypto;  // AuthIP, except Fragment and NOTIFY_DOS_COOKIE messages
    std::vector<Payload> payloads;
    Bytes sealed;

    bool operator==(const Message&) const = default;
};

// The first payload of a kind, or null: find<Nonce>(payloads).
template <typename Body>
const Body* find(std::span<const Payload> payloads) {
    for (const Payload& payload : payloads) {
        if (const Body* body = std::get_if<Body>(&payload.body)) return body;
    }
    return nullptr;
}

// Every payload of a kind in order, valid as long as `payloads`.
template <typename Body>
std::vector<const Body*> find_all(std::span<const Payload> payloads) {
    std::vector<const Body*> found;
    for (const Payload& payload : payloads) {
        if (const Body* body = std::get_if<Body>(&payload.body)) found.push_back(body);
    }
    return found;
}

}  // namespace keyline::wire
