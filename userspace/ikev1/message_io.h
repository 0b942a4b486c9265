// Messages of one main mode SA to datagrams and back: encryption with its chain of IVs, repetition, and the
// report of each (RFC 2408 3.1, RFC 2409 appendix B).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "exchange/event.h"
#include "exchange/host.h"
#include "ikev1/session.h"
#include "wire/message.h"

namespace keyline::ikev1 {

inline constexpr unsigned kRetransmissionsToTheDead = 2;  // MS-IKEE 3.12.4

// A message whose payloads have been read.
struct Incoming {
    wire::Header header;
    Endpoint local;
    Endpoint remote;
    Bytes datagram;
    std::vector<wire::Payload> payloads;
    Bytes octets;   // of the payloads, with their headers and without padding
    Bytes next_iv;  // encrypted: the last block, the IV of the exchange's next message
};

// nullopt, counted, for what cannot be read: malformed, or encrypted under another key. Nothing about the
// session changes. `iv` is the message's; a clear message has none.
std::optional<Incoming> read_message(Session& session, exchange::Host& host,
                                     const exchange::DatagramReceived& datagram, const wire::Header& header,
                                     ByteView iv);

struct Outgoing {
    wire::ExchangeType type{};
    std::uint32_t message_id = 0;
    std::vector<wire::Payload> payloads;
    Bytes* iv = nullptr;       // null: in clear. Becomes the last block.
    std::uint32_t number = 0;  // of the ladder; 0 for informational exchanges
    // This side's in the exchange; without it main mode's.
    std::optional<exchange::Role> role = std::nullopt;
};

// Sends the message and reports it; what was sent, to be repeated.
Unanswered send(Session& session, exchange::Host& host, const Outgoing& message);
// Puts the message on the schedule of repetitions. Little patience is had with a peer that may be dead
// (MS-IKEE 3.12.4), which this host may know already.
enum class Patience : std::uint8_t { kFirstMessage, kUsual, kLittle };
void await_answer(const Session& session, exchange::Host& host, Unanswered& sent, Patience patience);
// What is sent again goes in fragments if it is large and the peer takes them (MS-IKEE 3.3.6.1).
void send_again(Session& session, exchange::Host& host, const Unanswered& sent);
// A repetition of a message that was answered: the answer once more.
void answer_again(Session& session, exchange::Host& host, const Answered& answered);

// The SPI of the SA itself in notifies and deletes.
Bytes cookies_of(const Session& session);
// The payloads with their headers, as they are hashed.
Bytes octets_of(const std::vector<wire::Payload>& payloads);
// What follows the payload's generic header: SAi_b, IDii_b, IDir_b of RFC 2409.
Bytes body_of(const wire::Payload& payload);
// The payload of this type with these octets for its body, whatever they mean.
wire::Payload payload_of(wire::PayloadType type, Bytes body);

// The HASH payload that begins every message of phase 2 in front of `payloads`.
std::vector<wire::Payload> with_hash(Bytes hash, const std::vector<wire::Payload>& payloads);
// What the hash of such a message covers: all but the HASH payload itself. nullopt when that does not come
// first.
std::optional<ByteView> hashed_part(const Incoming& message);
bool hash_is(const Incoming& message, const Bytes& expected);

// `role` is this side's in the exchange.
void report_received(const Session& session, exchange::Host& host, const Incoming& message,
                     std::uint32_t number, exchange::Role role);
// The peer has proved the message its own. A NAT may give it another port, and has it float to 4500 with
// message 5 (RFC 3947 4).
void follow_peer(Session& session, exchange::Host& host, const Incoming& message);

std::uint32_t random_message_id(crypto::RandomSource& random);
Bytes random_nonce(crypto::RandomSource& random);

}  // namespace keyline::ikev1
