#include "authip/message_io.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "exchange/fragmentation.h"
#include "exchange/key_use.h"
#include "wire/build.h"
#include "wire/describe.h"

namespace keyline::authip {
namespace {

using exchange::Host;
using exchange::Reason;

constexpr std::size_t kClearIvOctets = 8;              // item 3
constexpr std::chrono::seconds kFragmentationTime{3};  // MS-IKEE 3.3.2 <16>
constexpr unsigned kRetransmissionsToTheDead = 2;      // MS-IKEE 3.12.4

wire::Header header_of(const Session& session, wire::ExchangeType type, std::uint32_t message_id) {
    // S7: until #2 is out, the initiator knows no other responder cookie than its own.
    const bool before_second =
        !session.initiator() && session.mm_channel.next == 0 && type == wire::ExchangeType::kAuthipNotify;
    return {.initiator_cookie = session.initiator_cookie,
            .responder_cookie = before_second ? session.first_responder_cookie : session.responder_cookie,
            .exchange_type = type,
            .message_id = message_id};
}

// Item 3: the responder's message with GSS_RESPONDER_AUTH_COMPLETE has an IV.
bool has_clear_iv(const std::vector<wire::Payload>& payloads) {
    const auto* gss = wire::find<wire::GssApi>(payloads);
    return gss != nullptr && (gss->flags & wire::gss_flag::kResponderAuthComplete) != 0;
}

// MS-IKEE 3.3.6.1 fragments what has an Identification payload: in IKEv1 that comes with the certificates.
// What grows large in AuthIP are the tokens.
bool grows_large(const std::vector<wire::Payload>& payloads) {
    return wire::find<wire::GssApi>(payloads) != nullptr ||
           wire::find<wire::Identification>(payloads) != nullptr;
}

// The datagrams that carry `message`: itself, or its fragments.
std::vector<Bytes> in_pieces(const Session& session, Host& host, ByteView message, bool anyhow) {
    const bool with_marker = session.name.remote.port != host.lookup().policy().host.port;
    const std::size_t capacity = exchange::fragment_capacity(session.name.remote.address, with_marker);
    if (!anyhow && (!session.fragmenting || message.size() <= wire::kHeaderSize + capacity)) {
        return {Bytes(message.begin(), message.end())};
    }
    return exchange::split(message, host.new_fragment_id(), capacity);
}

void note_use_of_key(Session& session, const Host& host, std::size_t octets) {
    exchange::note_use_of_key(session, host.now(), octets, session.main_mode.lifetime_octets,
                              session.chosen->life_octets);
}

struct Built {
    Bytes datagram;
    Bytes plaintext;  // #n
};

std::optional<Built> build(Session& session, Host& host, wire::ExchangeType type, std::uint32_t message_id,
                           std::uint32_t sequence, const std::vector<wire::Payload>& payloads,
                           bool encrypted) {
    auto plaintext = wire::build_payloads(payloads);
    if (!plaintext) return std::nullopt;
    const wire::Header header = header_of(session, type, message_id);
    if (encrypted) {
        auto sealed = seal(header, sequence, {wire::first_type(payloads), *plaintext}, protection_of(session),
                           host.random());
        if (!sealed) return std::nullopt;
        note_use_of_key(session, host, sealed->size());
        return Built{std::move(*sealed), std::move(*plaintext)};
    }
    wire::CryptoHeader crypto{.sequence = sequence};
    if (has_clear_iv(payloads)) crypto.iv = random_octets(host.random(), kClearIvOctets);
    auto clear = wire::build_clear_message(header, crypto, payloads);
    if (!clear) return std::nullopt;
    return Built{std::move(*clear), std::move(*plaintext)};
}

// F7: the transcripts hold main mode up to the message before Auth1 and extended mode up to that before
// Auth3.
void remember_message(Session& session, wire::ExchangeType type, bool encrypted, wire::PayloadType first,
                      ByteView plaintext) {
    if (!encrypted) {
        session.transcript.add(plaintext);
    } else if (type == wire::ExchangeType::kAuthipExtendedMode && session.extended &&
               first != wire::PayloadType::kHash) {
        session.extended->transcript.add(plaintext);
    }
}

Reason reason_of(OpenError error) {
    switch (error) {
        case OpenError::kLength:
            return Reason::kMalformedCrypto;
        case OpenError::kIcv:
            return Reason::kBadIcv;
        case OpenError::kPadding:
            return Reason::kBadPadding;
    }
    return Reason::kMalformedCrypto;
}

}  // namespace

MessageProtection protection_of(const Session& session) {
    return {.hash = session.hash(),
            .cipher = session.cipher(),
            .encryption_key = session.keys->encryption_key.view(),
            .integrity_key = session.keys->skeyid_a.view(),
            .icv_octets = icv_size(session.hash(), session.peer_announced.short_icv)};
}

wire::Sender sender_of(const Session& session, bool own) {
    return session.initiator() == own ? wire::Sender::kInitiator : wire::Sender::kResponder;
}

std::optional<Incoming> open_message(Session& session, Host& host, const exchange::DatagramReceived& datagram,
                                     const wire::Header& header) {
    const auto frame = wire::parse_crypto_frame(datagram.data, header);
    if (!frame) {
        host.count(Reason::kMalformedCrypto);
        return std::nullopt;
    }
    Incoming message{.header = header,
                     .local = datagram.local,
                     .remote = datagram.remote,
                     .sequence = frame->sequence,
                     .offset = frame->rest_offset,
                     .octets = datagram.data.size()};
    if (!header.encrypted()) {
        message.plaintext = {frame->first_payload, Bytes(frame->rest.begin(), frame->rest.end())};
        return message;
    }
    if (!session.has_keys()) {
        host.count(Reason::kNoKeys);
        return std::nullopt;
    }
    auto opened = open(datagram.data, *frame, protection_of(session));
    if (!opened) {
        host.count(reason_of(opened.error()));
        return std::nullopt;
    }
    note_use_of_key(session, host, datagram.data.size());
    message.plaintext = std::move(*opened);
    return message;
}

void remember(Session& session, const Incoming& message) {
    remember_message(session, message.header.exchange_type, message.header.encrypted(),
                     message.plaintext.first, message.plaintext.octets);
}

std::expected<std::vector<wire::Payload>, std::string> read_payloads(const Session& session, Host& host,
                                                                     const Incoming& message,
                                                                     std::uint32_t number) {
    auto payloads = wire::parse_payloads(message.plaintext.octets, message.plaintext.first,
                                         wire::Dialect::kAuthip, message.offset);
    host.report(exchange::MessageReceived{
        .mm = session.name,
        .number = number,
        .exchange_type = static_cast<std::uint8_t>(message.header.exchange_type),
        .message_id = message.header.message_id,
        .encrypted = message.header.encrypted(),
        .payloads = payloads
                        ? wire::summarize(message.header.exchange_type, sender_of(session, false), *payloads)
                        : "malformed: " + payloads.error().to_string(),
        .octets = message.octets});
    if (!payloads) return std::unexpected(payloads.error().to_string());
    return std::move(*payloads);
}

void follow_peer(Session& session, Host& host, const Incoming& message) {
    if (!session.nat_found()) return;
    session.name.local = message.local;
    if (!message.header.encrypted()) {
        session.name.remote = message.remote;
    } else if (session.remote_behind_nat || !session.established) {
        host.peer_moved(session, message.remote);
    }
}

void report_sent(Session& session, Host& host, exchange::MessageSent message) {
    message.mm = session.name;
    host.report(std::move(message));
}

void transmit(Session& session, Host& host, Bytes datagram) {
    host.act(exchange::Send{session.name.local, session.name.remote, std::move(datagram)});
}

void transmit_large(Session& session, Host& host, ByteView datagram, bool anyhow) {
    for (Bytes& piece : in_pieces(session, host, datagram, anyhow))
        transmit(session, host, std::move(piece));
}

void answer_again(Session& session, Host& host, const Channel& channel, const Endpoint& local,
                  const Endpoint& remote) {
    if (!channel.answer_large) return host.act(exchange::Send{local, remote, channel.answer});
    for (Bytes& piece : in_pieces(session, host, channel.answer, false))
        host.act(exchange::Send{local, remote, std::move(piece)});
}

bool send_request(Session& session, Host& host, wire::ExchangeType type, std::uint32_t message_id,
                  const std::vector<wire::Payload>& payloads, bool encrypted) {
    auto built = build(session, host, type, message_id, session.channel(type).next, payloads, encrypted);
    if (!built) return false;
    remember_message(session, type, encrypted, wire::first_type(payloads), built->plaintext);
    const policy::Keying& keying = host.lookup().policy().keying;
    const bool first = session.messages == 0;
    session.request = Request{.exchange = type,
                              .message_id = message_id,
                              .encrypted = encrypted,
                              .datagram = std::move(built->datagram),
                              .large = grows_large(payloads),
                              .sent = host.now(),
                              .payloads = wire::summarize(type, sender_of(session, true), payloads),
                              .number = ++session.messages,
                              .retransmission = {host.now(), keying.retransmit_interval,
                                                 retransmissions(session, host,
                                                                 first ? keying.first_message_retransmit_limit
                                                                       : keying.retransmit_limit)}};
    if (session.request->large) {
        transmit_large(session, host, session.request->datagram);
    } else {
        transmit(session, host, session.request->datagram);
    }
    report_sent(session, host,
                {.number = session.request->number,
                 .exchange_type = static_cast<std::uint8_t>(type),
                 .message_id = message_id,
                 .encrypted = encrypted,
                 .payloads = session.request->payloads,
                 .octets = session.request->datagram.size()});
    return true;
}

bool send_answer(Session& session, Host& host, wire::ExchangeType type, std::uint32_t message_id,
                 const std::vector<wire::Payload>& payloads, bool encrypted) {
    Channel& channel = session.channel(type);
    auto built = build(session, host, type, message_id, channel.next, payloads, encrypted);
    if (!built) return false;
    remember_message(session, type, encrypted, wire::first_type(payloads), built->plaintext);
    ++channel.next;
    channel.busy = false;
    channel.refused.reset();
    channel.answer = std::move(built->datagram);
    channel.answer_large = grows_large(payloads);
    report_sent(session, host,
                {.number = ++session.messages,
                 .exchange_type = static_cast<std::uint8_t>(type),
                 .message_id = message_id,
                 .encrypted = encrypted,
                 .payloads = wire::summarize(type, sender_of(session, true), payloads),
                 .octets = channel.answer.size()});
    answer_again(session, host, channel, session.name.local, session.name.remote);
    return true;
}

bool send_first_again(Session& session, Host& host) {
    auto built = build(session, host, wire::ExchangeType::kAuthipMainMode, 0, session.mm_channel.next,
                       session.first_message, false);
    if (!built) return false;
    const policy::Keying& keying = host.lookup().policy().keying;
    session.request->datagram = std::move(built->datagram);
    session.request->retransmission = {host.now(), keying.retransmit_interval,
                                       keying.first_message_retransmit_limit};
    send_again(session, host);
    return true;
}

unsigned retransmissions(const Session& session, const Host& host, unsigned usual) {
    const auto timeout = host.lookup().policy().keying.dead_peer_timeout;
    const bool silent =
        session.established && timeout.count() != 0 && host.now() - session.last_heard > timeout;
    return silent || session.doubted ? std::min(usual, kRetransmissionsToTheDead) : usual;
}

void send_again(Session& session, Host& host) {
    const Request& request = *session.request;
    const bool late = session.peer_announced.fragmentation && host.now() - request.sent >= kFragmentationTime;
    if (request.large && late) {
        session.fragmenting = true;
        transmit_large(session, host, request.datagram, true);
    } else {
        transmit(session, host, request.datagram);
    }
    report_sent(session, host,
                {.number = request.number,
                 .exchange_type = static_cast<std::uint8_t>(request.exchange),
                 .message_id = request.message_id,
                 .encrypted = request.encrypted,
                 .retransmission = true,
                 .payloads = request.payloads,
                 .octets = request.datagram.size()});
}

std::optional<Bytes> build_notify(Session& session, Host& host, std::uint32_t message_id,
                                  std::uint32_t sequence, const std::vector<wire::Payload>& payloads) {
    auto built = build(session, host, wire::ExchangeType::kAuthipNotify, message_id, sequence, payloads,
                       session.has_keys());
    if (!built) return std::nullopt;
    return std::move(built->datagram);
}

Bytes random_octets(crypto::RandomSource& random, std::size_t count) {
    Bytes octets(count);
    random.fill(octets);
    return octets;
}

std::uint32_t random_message_id(crypto::RandomSource& random) {
    for (;;) {
        const std::uint32_t id = load_be32(random_octets(random, 4).data());
        if (id > 1) return id;
    }
}

}  // namespace keyline::authip
