#include "ikev1/message_io.h"

#include <algorithm>
#include <array>
#include <utility>

#include "crypto/cipher.h"
#include "exchange/fragmentation.h"
#include "exchange/key_use.h"
#include "wire/build.h"
#include "wire/describe.h"
#include "wire/parse.h"

namespace keyline::ikev1 {
namespace {

using exchange::Host;
using exchange::Reason;

constexpr std::size_t kNonceOctets = 32;

wire::Sender initiator_if(bool initiator) {
    return initiator ? wire::Sender::kInitiator : wire::Sender::kResponder;
}

void drop(Host& host, Reason reason, const Endpoint& remote, std::string text) {
    host.count(reason);
    host.report(exchange::Dropped{reason, remote, std::move(text)});
}

// Zeros to a whole number of blocks (RFC 2409 appendix B).
Bytes seal(const Session& session, Bytes octets, Bytes& iv) {
    const std::size_t block = crypto::block_size(session.key_context().cipher);
    octets.resize((octets.size() + block - 1) / block * block);
    auto sealed =
        crypto::encrypt(session.key_context().cipher, session.keys->encryption_key.view(), iv, octets);
    if (!sealed) return {};
    iv.assign(sealed->end() - static_cast<std::ptrdiff_t>(block), sealed->end());
    return std::move(*sealed);
}

Bytes build(const Session& session, const Outgoing& message) {
    wire::Header header{.initiator_cookie = session.initiator_cookie,
                        .responder_cookie = session.responder_cookie,
                        .exchange_type = message.type,
                        .message_id = message.message_id};
    if (message.iv == nullptr) return wire::build_plain_message(header, message.payloads).value_or(Bytes{});
    auto octets = wire::build_payloads(message.payloads);
    if (!octets) return {};
    header.flags = wire::kFlagEncryption;
    header.next_payload = wire::first_type(message.payloads);
    const wire::Message sealed{.header = header,
                               .crypto = std::nullopt,
                               .payloads = {},
                               .sealed = seal(session, std::move(*octets), *message.iv)};
    return wire::build_message(sealed).value_or(Bytes{});
}

void note_use_of_key(Session& session, const Host& host, std::size_t octets) {
    exchange::note_use_of_key(session, host.now(), octets, session.main_mode.lifetime_octets,
                              session.chosen->transform.life_octets);
}

// MS-IKEE 3.3.6.1: fragments when whole messages do not arrive, from the first that have an ID payload on.
void transmit(const Session& session, Host& host, const Bytes& message) {
    const Endpoint& remote = session.name.remote;
    const bool with_marker = remote.port != host.lookup().policy().host.port;
    const std::size_t capacity = exchange::fragment_capacity(remote.address, with_marker);
    if (!session.fragmenting || message.size() <= wire::kHeaderSize + capacity)
        return host.act(exchange::Send{session.name.local, remote, message});
    for (Bytes& fragment : exchange::split(message, host.new_fragment_id(), capacity))
        host.act(exchange::Send{session.name.local, remote, std::move(fragment)});
}

// Unanswered, or asked for again: the whole may be too large for the path.
void transmit_again(Session& session, Host& host, const Bytes& message) {
    const bool identifies = session.keys || (session.authentication != nullptr &&
                                             session.authentication->proves_in_key_exchange());
    session.fragmenting |= session.peer_announced.fragmentation && identifies;
    transmit(session, host, message);
}

}  // namespace

std::optional<Incoming> read_message(Session& session, Host& host, const exchange::DatagramReceived& datagram,
                                     const wire::Header& header, ByteView iv) {
    Incoming message{.header = header,
                     .local = datagram.local,
                     .remote = datagram.remote,
                     .datagram = datagram.data,
                     .payloads = {},
                     .octets = {},
                     .next_iv = {}};
    const ByteView body = ByteView(datagram.data).subspan(wire::kHeaderSize);
    if (!header.encrypted()) {
        auto payloads =
            wire::parse_payloads(body, header.next_payload, wire::Dialect::kIkev1, wire::kHeaderSize);
        if (!payloads) {
            drop(host, Reason::kMalformedPayload, datagram.remote, payloads.error().to_string());
            return std::nullopt;
        }
        message.payloads = std::move(*payloads);
        message.octets.assign(body.begin(), body.end());
        return message;
    }
    const KeyContext context = session.key_context();
    auto opened = crypto::decrypt(context.cipher, session.keys->encryption_key.view(), iv, body);
    if (!opened || body.empty()) {
        drop(host, Reason::kUnreadable, datagram.remote, "the ciphertext is no whole number of blocks");
        return std::nullopt;
    }
    auto payloads = wire::parse_padded_payloads(*opened, header.next_payload);
    if (!payloads) {
        drop(host, Reason::kUnreadable, datagram.remote, payloads.error().to_string());
        return std::nullopt;
    }
    note_use_of_key(session, host, body.size());
    opened->resize(payloads->size);
    message.payloads = std::move(payloads->payloads);
    message.octets = std::move(*opened);
    const std::size_t block = crypto::block_size(context.cipher);
    message.next_iv.assign(body.end() - static_cast<std::ptrdiff_t>(block), body.end());
    return message;
}

Unanswered send(Session& session, Host& host, const Outgoing& message) {
    Unanswered sent;
    sent.datagram = build(session, message);
    sent.report = {
        .mm = session.name,
        .number = message.number,
        .exchange_type = static_cast<std::uint8_t>(message.type),
        .message_id = message.message_id,
        .encrypted = message.iv != nullptr,
        .payloads = wire::summarize(
            message.type, initiator_if(message.role.value_or(session.role()) == exchange::Role::kInitiator),
            message.payloads),
        .octets = sent.datagram.size()};
    if (message.iv != nullptr) note_use_of_key(session, host, sent.datagram.size());
    transmit(session, host, sent.datagram);
    host.report(sent.report);
    return sent;
}

void await_answer(const Session& session, Host& host, Unanswered& sent, Patience patience) {
    const policy::Keying& keying = host.lookup().policy().keying;
    const bool silent = session.established && keying.dead_peer_timeout.count() != 0 &&
                        host.now() - session.last_heard > keying.dead_peer_timeout;
    unsigned limit =
        patience == Patience::kFirstMessage ? keying.first_message_retransmit_limit : keying.retransmit_limit;
    if (silent || session.doubted || patience == Patience::kLittle)
        limit = std::min(limit, kRetransmissionsToTheDead);
    sent.retransmission = {host.now(), keying.retransmit_interval, limit};
}

void send_again(Session& session, Host& host, const Unanswered& sent) {
    transmit_again(session, host, sent.datagram);
    exchange::MessageSent report = sent.report;
    report.retransmission = true;
    host.report(std::move(report));
}

void answer_again(Session& session, Host& host, const Answered& answered) {
    host.count(Reason::kRetransmission);
    if (!answered.answer.empty()) transmit_again(session, host, answered.answer);
}

Bytes cookies_of(const Session& session) {
    Bytes cookies(session.initiator_cookie.begin(), session.initiator_cookie.end());
    append(cookies, session.responder_cookie);
    return cookies;
}

Bytes octets_of(const std::vector<wire::Payload>& payloads) {
    return wire::build_payloads(payloads).value_or(Bytes{});
}

Bytes body_of(const wire::Payload& payload) {
    Bytes octets = wire::build_payloads({&payload, 1}).value_or(Bytes(wire::kGenericHeaderSize));
    octets.erase(octets.begin(), octets.begin() + wire::kGenericHeaderSize);
    return octets;
}

wire::Payload payload_of(wire::PayloadType type, Bytes body) {
    const wire::Payload raw{wire::Opaque{type, std::move(body)}};
    const auto parsed = wire::parse_payloads(octets_of({raw}), type, wire::Dialect::kIkev1);
    return parsed ? parsed->front() : raw;
}

std::vector<wire::Payload> with_hash(Bytes hash, const std::vector<wire::Payload>& payloads) {
    std::vector<wire::Payload> all{{wire::Hash{std::move(hash)}}};
    all.insert(all.end(), payloads.begin(), payloads.end());
    return all;
}

std::optional<ByteView> hashed_part(const Incoming& message) {
    if (message.payloads.empty()) return std::nullopt;
    const auto* hash = std::get_if<wire::Hash>(&message.payloads.front().body);
    if (hash == nullptr) return std::nullopt;
    return ByteView(message.octets).subspan(wire::kGenericHeaderSize + hash->data.size());
}

bool hash_is(const Incoming& message, const Bytes& expected) {
    const auto* hash = wire::find<wire::Hash>(message.payloads);
    return hash != nullptr && equal_constant_time(hash->data, expected);
}

void report_received(const Session& session, Host& host, const Incoming& message, std::uint32_t number,
                     exchange::Role role) {
    host.report(exchange::MessageReceived{
        .mm = session.name,
        .number = number,
        .exchange_type = static_cast<std::uint8_t>(message.header.exchange_type),
        .message_id = message.header.message_id,
        .encrypted = message.header.encrypted(),
        .payloads = wire::summarize(message.header.exchange_type,
                                    initiator_if(role != exchange::Role::kInitiator), message.payloads),
        .octets = message.datagram.size()});
}

void follow_peer(Session& session, Host& host, const Incoming& message) {
    session.last_heard = host.now();
    if (!session.nat_found()) return;
    session.name.local = message.local;
    if (session.remote_behind_nat || !session.established) host.peer_moved(session, message.remote);
}

std::uint32_t random_message_id(crypto::RandomSource& random) {
    for (;;) {
        std::array<std::uint8_t, 4> octets{};
        random.fill(octets);
        if (const std::uint32_t id = load_be32(octets.data()); id != 0) return id;
    }
}

Bytes random_nonce(crypto::RandomSource& random) {
    Bytes nonce(kNonceOctets);
    random.fill(nonce);
    return nonce;
}

}  // namespace keyline::ikev1
