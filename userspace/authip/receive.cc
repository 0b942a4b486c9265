#include "authip/receive.h"

#include <algorithm>
#include <utility>

#include "authip/dos_cookie.h"
#include "authip/extended_mode.h"
#include "authip/main_mode.h"
#include "authip/message_io.h"
#include "authip/notify.h"
#include "authip/quick_mode.h"
#include "authip/teardown.h"

namespace keyline::authip {
namespace {

using exchange::Host;
using exchange::Reason;
using exchange::Stage;
using wire::ExchangeType;

Stage stage_of(ExchangeType type) {
    return type == ExchangeType::kAuthipExtendedMode ? Stage::kExtendedMode : Stage::kMainMode;
}

void refuse(Session& session, Host& host, const Incoming& message, Stage stage, Reason reason, ErrorCode code,
            std::string text) {
    const Failure failure{stage, reason, code, std::move(text)};
    if (message.header.exchange_type == ExchangeType::kAuthipQuickMode) {
        return fail_quick_mode(session, host, message.header.message_id, failure);
    }
    fail_main_mode(session, host, failure);
}

// Whether this state of an initiator expects the answer in clear.
bool answer_is_clear(const Session& session) {
    return session.state == State::kMainModeFirstGeneralizedPacketSent ||
           session.state == State::kGssApiRequestSent;
}

void receive_answer(Session& session, Host& host, const Incoming& message) {
    const ExchangeType type = message.header.exchange_type;
    Channel& channel = session.channel(type);
    if (!session.request || session.request->exchange != type || message.sequence != channel.next) {
        return host.count(message.sequence + 1 == channel.next ? Reason::kRetransmission : Reason::kStale);
    }
    const std::uint32_t answered = message.header.message_id;
    const bool zero_fits = type == ExchangeType::kAuthipExtendedMode && answered == 0;  // item 10
    if (type != ExchangeType::kAuthipMainMode && answered != session.request->message_id && !zero_fits) {
        return host.count(Reason::kStale);
    }
    if (message.header.encrypted() == answer_is_clear(session)) {
        return host.count(message.header.encrypted() ? Reason::kUnexpectedMessage : Reason::kNotEncrypted);
    }
    const std::uint32_t message_id = session.request->message_id;
    ++channel.next;
    session.request.reset();
    session.last_heard = host.now();
    follow_peer(session, host, message);
    remember(session, message);
    const auto payloads = read_payloads(session, host, message, ++session.messages);
    if (!payloads) {
        return refuse(session, host, message, stage_of(type), Reason::kMalformedPayload,
                      ErrorCode::kInvalidPayload, payloads.error());
    }
    switch (session.state) {
        case State::kMainModeFirstGeneralizedPacketSent:
            return receive_second_message(session, host, *payloads);
        case State::kGssApiRequestSent:
            return receive_gss(session, host, *payloads);
        case State::kExtendedModeFirstRequestSent:
        case State::kExtendedModeGssApiRequestSent:
        case State::kExtendedModeFinalRequestSent:
            return receive_extended_mode_answer(session, host, *payloads);
        default:
            return receive_quick_mode_answer(session, host, message_id, *payloads);
    }
}

bool is_synchronize(const std::vector<wire::Payload>& payloads) {
    return !payloads.empty() && payloads.front().type() == wire::PayloadType::kNotification;
}

void dispatch_request(Session& session, Host& host, const Incoming& message,
                      const std::vector<wire::Payload>& payloads) {
    const bool main_mode = message.header.exchange_type == ExchangeType::kAuthipMainMode;
    if (message.header.exchange_type == ExchangeType::kAuthipExtendedMode)
        return receive_extended_mode_request(session, host, message, payloads);
    if (!message.header.encrypted()) return receive_gss(session, host, payloads);
    if (main_mode) return receive_quick_mode_request(session, host, message, payloads);
    if (is_synchronize(payloads)) return receive_synchronize(session, host, message, payloads);
    if (session.awaits_extended_mode()) {
        return fail_main_mode(session, host,
                              {Stage::kExtendedMode, Reason::kWrongState, ErrorCode::kProcessing,
                               "the peer does without extended mode, which a rule here asks for; compare "
                               "extended_auth of both sides' rules"});
    }
    // M15: none after the lifetime, which the peer may not know.
    if (session.closing && !session.closed_by_peer) {
        session.qm_channel.refused = message.header.message_id;
        host.count(Reason::kWrongState);
        return send_status(session, host, About::kMainMode, ErrorCode::kSaDeleted);
    }
    // MS-AIPS 3.5.5.1: none before the first is done, or after the peer's own word.
    if (!session.established || session.closing || message.header.message_id <= 1) {
        session.qm_channel.refused = message.header.message_id;
        return fail_quick_mode(session, host, message.header.message_id,
                               {Stage::kQuickMode, Reason::kWrongState, ErrorCode::kProcessing,
                                "a quick mode at the wrong time, or one without a message ID"});
    }
    receive_quick_mode_request(session, host, message, payloads);
}

// Clear requests run up to the end of the GSS-API exchange, encrypted ones from #5 on.
bool request_fits(const Session& session, Host& host, const Incoming& message) {
    const bool before_fifth =
        session.state == State::kMainModeResponderFirstExchangeDone && !session.heard_encrypted;
    if (message.header.exchange_type == ExchangeType::kAuthipMainMode) {
        if (!message.header.encrypted()) {
            if (!before_fifth) host.count(Reason::kNotEncrypted);
            return before_fifth;
        }
        if (session.state == State::kMainModeResponderFirstExchangeDone) return true;
        host.count(Reason::kUnexpectedMessage);
        return false;
    }
    if (!message.header.encrypted()) host.count(Reason::kNotEncrypted);
    return message.header.encrypted();
}

void receive_request(Session& session, Host& host, const Incoming& message) {
    Channel& channel = session.channel(message.header.exchange_type);
    if (message.sequence + 1 == channel.next && !channel.answer.empty()) {
        host.count(Reason::kRetransmission);
        session.last_heard = host.now();
        // To where the repetition came from: it may tell of a NAT's new mapping, but is no proof of it.
        return answer_again(session, host, channel, message.local, message.remote);
    }
    if (message.sequence != channel.next) return host.count(Reason::kStale);
    if (channel.busy) return host.count(Reason::kInProgress);
    if (channel.refused == message.header.message_id) return host.count(Reason::kRetransmission);
    if (std::ranges::find(session.deleted_early, message.header.message_id) != session.deleted_early.end()) {
        return host.count(Reason::kStale);
    }
    if (!request_fits(session, host, message)) return;

    const bool extended = message.header.exchange_type == ExchangeType::kAuthipExtendedMode;
    if (message.header.encrypted()) session.heard_encrypted = true;
    channel.busy = extended || !message.header.encrypted();  // until its step, if any, is done
    remember(session, message);
    channel.refused.reset();
    session.last_heard = host.now();
    follow_peer(session, host, message);
    const auto payloads = read_payloads(session, host, message, ++session.messages);
    if (!payloads) {
        if (message.header.encrypted()) channel.refused = message.header.message_id;
        return refuse(session, host, message, stage_of(message.header.exchange_type),
                      Reason::kMalformedPayload, ErrorCode::kInvalidPayload, payloads.error());
    }
    dispatch_request(session, host, message, *payloads);
}

// S11: a deleted SA repeats the clear NOTIFY_STATUS that ended it.
void receive_after_end(Session& session, Host& host, const Incoming& message) {
    if (session.farewell.empty() || message.header.encrypted() || session.initiator()) {
        return host.count(Reason::kUnknownSa);
    }
    host.count(Reason::kRetransmission);
    transmit(session, host, session.farewell);
}

// Whether the responder's cookie is the SA's. Null means yes; until #2, an initiator does not know it.
std::optional<Reason> wrong_cookie(const Session& session, const wire::Header& header) {
    if (session.state == State::kMainModeFirstGeneralizedPacketSent) {
        const bool follows_cookie = session.responder_cookie != wire::Cookie{};
        if (follows_cookie || header.exchange_type != ExchangeType::kAuthipMainMode) {
            // S7: a refusal of #1 repeats the cookie of #1.
            if (header.responder_cookie == session.responder_cookie) return std::nullopt;
            return Reason::kUnknownSa;
        }
        if (header.responder_cookie == wire::Cookie{}) return Reason::kReflected;  // F4
        return std::nullopt;
    }
    if (header.responder_cookie == session.responder_cookie) return std::nullopt;
    const bool repeats_first = !session.initiator() &&
                               header.exchange_type == ExchangeType::kAuthipMainMode &&
                               header.responder_cookie == session.first_responder_cookie;
    return repeats_first ? std::nullopt : std::optional(Reason::kUnknownSa);
}

void drop(Host& host, Reason reason, const Endpoint& remote) {
    host.count(reason);
    host.report(exchange::Dropped{.reason = reason, .remote = remote, .text = {}});
}

void receive_message(Session& session, Host& host, const exchange::DatagramReceived& datagram,
                     const wire::Header& header) {
    const auto message = open_message(session, host, datagram, header);
    if (!message) return;
    switch (header.exchange_type) {
        case ExchangeType::kAuthipNotify:
            return receive_notify(session, host, *message);
        case ExchangeType::kAuthipMainMode:
        case ExchangeType::kAuthipQuickMode:
        case ExchangeType::kAuthipExtendedMode:
            if (session.deleted()) return receive_after_end(session, host, *message);
            return session.initiator() ? receive_answer(session, host, *message)
                                       : receive_request(session, host, *message);
        default:
            return host.count(Reason::kUnexpectedMessage);
    }
}

}  // namespace

void receive(Session& session, Host& host, const exchange::DatagramReceived& datagram,
             const wire::Header& header) {
    if (const auto cookie = parse_dos_cookie(datagram.data, header)) {
        if (!session.initiator()) return drop(host, Reason::kUnknownSa, datagram.remote);
        return receive_dos_cookie(session, host, *cookie);
    }
    if (const auto reason = wrong_cookie(session, header)) return drop(host, *reason, datagram.remote);
    const bool awaits_second = session.state == State::kMainModeFirstGeneralizedPacketSent;
    const wire::Cookie before = session.responder_cookie;
    if (awaits_second && header.exchange_type == ExchangeType::kAuthipMainMode) {
        session.responder_cookie = header.responder_cookie;
    }
    receive_message(session, host, datagram, header);
    // A message that was dropped has told nothing.
    if (session.state == State::kMainModeFirstGeneralizedPacketSent) session.responder_cookie = before;
}

}  // namespace keyline::authip
