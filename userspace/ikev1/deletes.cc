#include "ikev1/deletes.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "ikev1/informational.h"
#include "ikev1/teardown.h"

namespace keyline::ikev1 {
namespace {

using exchange::Host;
using exchange::Reason;
using Verdict = exchange::Retransmission::Verdict;

constexpr std::chrono::seconds kRepeatAfter{1};  // MS-IKEE 3.8.4.1
constexpr unsigned kRepetitions = 4;             // 3.8.6.1

void send_delete(Session& session, Host& host, wire::Delete removal) {
    if (!session.peer_acknowledges_deletes) return send_informational(session, host, {{std::move(removal)}});
    UnansweredDelete waiting{.message_id = random_message_id(host.random()),
                             .iv = {},
                             .nonce = random_nonce(host.random()),
                             .sent = {}};
    const KeyContext context = session.key_context();
    const std::vector<wire::Payload> payloads{{wire::Nonce{waiting.nonce}}, {std::move(removal)}};
    const Bytes hash =
        message_hash(context, session.keys->skeyid_a, waiting.message_id, {}, octets_of(payloads));
    waiting.iv = exchange_iv(context, session.iv, waiting.message_id);
    waiting.sent = send(session, host,
                        {.type = wire::ExchangeType::kInformational,
                         .message_id = waiting.message_id,
                         .payloads = with_hash(hash, payloads),
                         .iv = &waiting.iv});
    // MS-AIPS 3.1.7.2 speaks of AuthIP's; a shutdown is to be as short here.
    waiting.sent.retransmission = {host.now(), kRepeatAfter, host.shutting_down() ? 1 : kRepetitions};
    session.deletes.push_back(std::move(waiting));
}

void acknowledge(Session& session, Host& host, const Incoming& message, const wire::Nonce& nonce,
                 const wire::Delete& removal) {
    const std::vector<wire::Payload> payloads{{wire::Nonce{random_nonce(host.random())}}, {removal}};
    const std::uint32_t message_id = message.header.message_id;
    const Bytes hash = delete_answer_hash(session.key_context(), session.keys->skeyid_a, nonce.data,
                                          message_id, octets_of(payloads));
    Bytes iv = message.next_iv;
    Unanswered answer = send(session, host,
                             {.type = wire::ExchangeType::kInformational,
                              .message_id = message_id,
                              .payloads = with_hash(hash, payloads),
                              .iv = &iv});
    finish_exchange(session, message_id, {message.datagram, std::move(answer.datagram)});
}

void take(Session& session, Host& host, const wire::Delete& removal) {
    if (removal.protocol_id == wire::protocol::kIsakmp) {
        const Bytes own = cookies_of(session);
        for (std::size_t i = 0; i < removal.count(); ++i) {
            if (!std::ranges::equal(removal.spi(i), own)) continue;
            if (!session.deleted()) main_mode_deleted(session, host);
            return;
        }
        return host.count(Reason::kUnknownSa);
    }
    if (removal.protocol_id != wire::protocol::kEsp || removal.spi_size != 4)
        return host.count(Reason::kUnknownSa);
    for (std::size_t i = 0; i < removal.count(); ++i)
        quick_mode_deleted(session, host, load_be32(removal.spi(i).data()));
}

}  // namespace

void send_delete(Session& session, Host& host, const exchange::QmSa& quick_mode) {
    wire::Delete removal{.protocol_id = wire::protocol::kEsp, .spi_size = 4, .spis = {}};
    append_be32(removal.spis, quick_mode.inbound_spi);
    send_delete(session, host, std::move(removal));
}

void send_delete(Session& session, Host& host) {
    Bytes cookies = cookies_of(session);
    const auto size = static_cast<std::uint8_t>(cookies.size());
    send_delete(
        session, host,
        wire::Delete{.protocol_id = wire::protocol::kIsakmp, .spi_size = size, .spis = std::move(cookies)});
}

void receive_delete(Session& session, Host& host, const Incoming& message) {
    const auto& removal = *wire::find<wire::Delete>(message.payloads);
    const auto* nonce = wire::find<wire::Nonce>(message.payloads);
    if (nonce != nullptr) acknowledge(session, host, message, *nonce, removal);
    take(session, host, removal);
}

void receive_delete_answer(Session& session, Host& host, const exchange::DatagramReceived& datagram,
                           const wire::Header& header) {
    const auto waiting = std::ranges::find(session.deletes, header.message_id, &UnansweredDelete::message_id);
    if (datagram.data == waiting->sent.datagram) return host.count(Reason::kReflected);
    const auto message = read_message(session, host, datagram, header, waiting->iv);
    if (!message) return;
    const auto covered = hashed_part(*message);
    if (!covered || !hash_is(*message, delete_answer_hash(session.key_context(), session.keys->skeyid_a,
                                                          waiting->nonce, header.message_id, *covered))) {
        return host.count(Reason::kBadIcv);
    }
    report_received(session, host, *message, 0, session.role());
    session.deletes.erase(waiting);
}

exchange::Instant next_repetition(const Session& session) {
    exchange::Instant next = exchange::kNever;
    for (const UnansweredDelete& waiting : session.deletes)
        next = std::min(next, waiting.sent.retransmission.due());
    return next;
}

void expire_deletes(Session& session, Host& host) {
    std::erase_if(session.deletes, [&](UnansweredDelete& waiting) {
        const Verdict verdict = waiting.sent.retransmission.expire(host.now());
        if (verdict == Verdict::kSendAgain) send_again(session, host, waiting.sent);
        return verdict == Verdict::kGiveUp;
    });
}

}  // namespace keyline::ikev1
