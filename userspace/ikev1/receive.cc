#include "ikev1/receive.h"

#include <algorithm>

#include "ikev1/informational.h"
#include "ikev1/main_mode.h"
#include "ikev1/message_io.h"
#include "ikev1/quick_mode.h"

namespace keyline::ikev1 {
namespace {

using exchange::DatagramReceived;
using exchange::Host;
using exchange::Reason;
using wire::ExchangeType;

// Null means that the responder's cookie is the SA's, or that it is not known yet.
std::optional<Reason> wrong_cookie(const Session& session, const DatagramReceived& datagram,
                                   const wire::Header& header) {
    if (session.state == State::kMessage1Sent) {
        const bool own_message =
            header.exchange_type == ExchangeType::kMainMode && header.responder_cookie == wire::Cookie{};
        return own_message ? std::optional(Reason::kReflected) : std::nullopt;
    }
    const bool repeats_first = datagram.data == session.answered.received;
    return header.responder_cookie == session.responder_cookie || repeats_first
               ? std::nullopt
               : std::optional(Reason::kUnknownSa);
}

bool awaits_encrypted(const Session& session) {
    return session.state == State::kMessage5Sent || session.state == State::kMessage4Sent;
}

void receive_main_mode(Session& session, Host& host, const DatagramReceived& datagram,
                       const wire::Header& header) {
    if (datagram.data == session.answered.received) return answer_again(session, host, session.answered);
    if (session.state == State::kDone) return host.count(Reason::kStale);
    if (session.unanswered && datagram.data == session.unanswered->datagram)
        return host.count(Reason::kReflected);
    if (header.message_id != 0) return host.count(Reason::kUnexpectedMessage);
    if (header.encrypted() != awaits_encrypted(session)) {
        return host.count(header.encrypted() ? Reason::kUnexpectedMessage : Reason::kNotEncrypted);
    }
    const auto message = read_message(session, host, datagram, header, session.iv);
    if (!message) return;
    report_received(session, host, *message, ++session.messages, session.role());
    session.initiator() ? receive_as_initiator(session, host, *message)
                        : receive_as_responder(session, host, *message);
}

void receive_under_way(Session& session, Host& host, QmNegotiation& negotiation,
                       const DatagramReceived& datagram, const wire::Header& header) {
    if (datagram.data == negotiation.answered.received)
        return answer_again(session, host, negotiation.answered);
    if (datagram.data == negotiation.unanswered->datagram) return host.count(Reason::kReflected);
    const auto message = read_message(session, host, datagram, header, negotiation.iv);
    if (!message) return;
    if (negotiation.role == exchange::Role::kInitiator && negotiation.sa)
        return receive_quick_mode_connected(session, host, negotiation, *message);
    negotiation.role == exchange::Role::kInitiator
        ? receive_quick_mode_answer(session, host, negotiation, *message)
        : receive_quick_mode_confirmation(session, host, negotiation, *message);
}

void receive_quick_mode(Session& session, Host& host, const DatagramReceived& datagram,
                        const wire::Header& header) {
    if (!header.encrypted()) return host.count(Reason::kNotEncrypted);
    if (!session.established || header.message_id == 0) return host.count(Reason::kUnexpectedMessage);
    const auto negotiation =
        std::ranges::find(session.negotiations, header.message_id, &QmNegotiation::message_id);
    if (negotiation != session.negotiations.end())
        return receive_under_way(session, host, *negotiation, datagram, header);
    if (const FinishedExchange* finished = find_finished(session, header.message_id)) {
        if (datagram.data == finished->answered.received)
            return answer_again(session, host, finished->answered);
        return host.count(Reason::kStale);
    }
    const Bytes iv = exchange_iv(session.key_context(), session.iv, header.message_id);
    const auto message = read_message(session, host, datagram, header, iv);
    if (message) receive_quick_mode_request(session, host, *message);
}

}  // namespace

void receive(Session& session, Host& host, const DatagramReceived& datagram, const wire::Header& header) {
    // A deleted SA has its deletes acknowledged, and acknowledges the peer's (MS-IKEE 3.8).
    const bool over = session.deleted() &&
                      (!session.main_mode_done || header.exchange_type != ExchangeType::kInformational);
    const auto reason = over ? std::optional(Reason::kUnknownSa) : wrong_cookie(session, datagram, header);
    if (reason) {
        host.count(*reason);
        return host.report(exchange::Dropped{.reason = *reason, .remote = datagram.remote, .text = {}});
    }
    switch (header.exchange_type) {
        case ExchangeType::kMainMode:
            return receive_main_mode(session, host, datagram, header);
        case ExchangeType::kQuickMode:
            return receive_quick_mode(session, host, datagram, header);
        case ExchangeType::kInformational:
            return receive_informational(session, host, datagram, header);
        default:
            return host.count(Reason::kUnexpectedMessage);
    }
}

}  // namespace keyline::ikev1
