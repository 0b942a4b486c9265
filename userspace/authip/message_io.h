// Messages of one main mode SA to datagrams and back: header, Crypto payload, sequence number, transcript,
// and the report of each (MS-AIPS 2.2.1, 2.2.3.2; interpretation items 1-10).
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <vector>

#include "authip/crypto_payload.h"
#include "authip/session.h"
#include "exchange/event.h"
#include "exchange/host.h"
#include "wire/describe.h"
#include "wire/parse.h"

namespace keyline::authip {

// A message whose Crypto payload has been dealt with; its payloads have not been parsed.
struct Incoming {
    wire::Header header;
    Endpoint local;
    Endpoint remote;
    std::uint32_t sequence = 0;
    PayloadSequence plaintext;  // #n
    std::size_t offset = 0;     // of the payloads in the datagram, for errors
    std::size_t octets = 0;     // of the datagram
};

// nullopt, counted, for what F3 drops silently: framing, ICV, padding, encrypted without keys.
std::optional<Incoming> open_message(Session& session, exchange::Host& host,
                                     const exchange::DatagramReceived& datagram, const wire::Header& header);

// Adds a distinct message of the peer's to the transcript it belongs to, if any (item 2, F7). Those of this
// side are added as they are sent.
void remember(Session& session, const Incoming& message);

// The error is one line, for an Invalid Message. Reports the message, as `number` of the ladder.
std::expected<std::vector<wire::Payload>, std::string> read_payloads(const Session& session,
                                                                     exchange::Host& host,
                                                                     const Incoming& message,
                                                                     std::uint32_t number);

// A NAT may give the peer another address or port (RFC 3947 7), and has it float to 4500 with #3 (item 13).
// To be called for messages that are neither repetitions nor, once there are keys, clear.
void follow_peer(Session& session, exchange::Host& host, const Incoming& message);

// A message the peer has to answer; there is none outstanding. Numbered, added to its transcript,
// sent, and sent again until it is answered. False when it is too long for a datagram.
bool send_request(Session& session, exchange::Host& host, wire::ExchangeType type, std::uint32_t message_id,
                  const std::vector<wire::Payload>& payloads, bool encrypted);

// The answer to request `next` of the channel: stored, so that a repetition of the request gets it again
// (item 9).
bool send_answer(Session& session, exchange::Host& host, wire::ExchangeType type, std::uint32_t message_id,
                 const std::vector<wire::Payload>& payloads, bool encrypted);

// #1 once more, with a responder's DoS cookie and a new schedule (D1); the transcript knows it already.
bool send_first_again(Session& session, exchange::Host& host);

// How often an unanswered message is sent again: `usual`, or less when the peer may be dead (MS-IKEE 3.12.4).
unsigned retransmissions(const Session& session, const exchange::Host& host, unsigned usual);

void send_again(Session& session, exchange::Host& host);

// A notify message; not stored. Encrypted when keys exist (S5).
std::optional<Bytes> build_notify(Session& session, exchange::Host& host, std::uint32_t message_id,
                                  std::uint32_t sequence, const std::vector<wire::Payload>& payloads);
void transmit(Session& session, exchange::Host& host, Bytes datagram);
// A message of a kind that grows large: in fragments, where that is needed. `anyhow` sends even a short one
// as a fragment, which tells the peer to send fragments too.
void transmit_large(Session& session, exchange::Host& host, ByteView datagram, bool anyhow = false);
// The stored answer between these ends.
void answer_again(Session& session, exchange::Host& host, const Channel& channel, const Endpoint& local,
                  const Endpoint& remote);
void report_sent(Session& session, exchange::Host& host, exchange::MessageSent message);

// A message ID for a notify or a later quick mode: random, neither 0 nor 1 (item 10).
std::uint32_t random_message_id(crypto::RandomSource& random);
Bytes random_octets(crypto::RandomSource& random, std::size_t count);

// How the SA protects its messages; keys exist.
MessageProtection protection_of(const Session& session);

wire::Sender sender_of(const Session& session, bool own);

}  // namespace keyline::authip
