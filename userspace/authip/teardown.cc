#include "authip/teardown.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "authip/notify.h"

namespace keyline::authip {
namespace {

using exchange::By;
using exchange::Host;
using exchange::Reason;
using exchange::Stage;

constexpr std::chrono::seconds kAnswersRepetitions{30};  // S11
constexpr std::size_t kMaxDeletedEarly = 16;

// The inbound SA may be installed already.
void undo(Session& session, Host& host, QmNegotiation& negotiation) {
    if (negotiation.sa) {
        host.act(exchange::RemoveSa{policy::Direction::kInbound, negotiation.inbound_spi,
                                    session.name.remote.address});
    }
    if (negotiation.inbound_spi != 0) host.release_spi(negotiation.inbound_spi);
}

// What was being negotiated waits again, in front of what waits already: for the host to move or to fail.
void give_back_negotiations(Session& session, Host& host) {
    for (auto negotiation = session.negotiations.rbegin(); negotiation != session.negotiations.rend();
         ++negotiation) {
        undo(session, host, *negotiation);
        if (negotiation->request) session.waiting.push_front(std::move(*negotiation->request));
    }
    session.negotiations.clear();
}

// A responder that has answered takes a fast quick mode for done: it has to learn that this side does not.
void deny_negotiations(Session& session, Host& host, ErrorCode code) {
    for (const QmNegotiation& negotiation : session.negotiations) {
        send_status(session, host, About::kQuickMode, code, negotiation.message_id);
    }
}

std::vector<QmNegotiation>::iterator find_negotiation(Session& session, std::uint32_t message_id) {
    return std::ranges::find(session.negotiations, message_id, &QmNegotiation::message_id);
}

bool completes_main_mode(const Session& session, std::uint32_t message_id) {
    return message_id == 0 && !session.established;
}

void report_failure(Session& session, Host& host, By by, Stage stage, Reason reason, std::uint32_t code,
                    const std::string& text) {
    host.count(reason);
    host.report(exchange::NegotiationFailed{
        .mm = session.name, .stage = stage, .by = by, .reason = reason, .code = code, .text = text});
}

std::string refused_by_peer(std::uint32_t code) {
    return "the peer refused: " + error_name(code) + "; its log tells why";
}

Stage stage_of(const Session& session) {
    switch (session.state) {
        case State::kStart:
        case State::kMainModeFirstGeneralizedPacketSent:
            return Stage::kMainMode;
        case State::kGssApiRequestSent:
        case State::kMainModeResponderFirstExchangeDone:
            return Stage::kAuthentication;
        case State::kExtendedModeFirstRequestSent:
        case State::kExtendedModeGssApiRequestSent:
        case State::kExtendedModeFinalRequestSent:
        case State::kExtendedModeResponderFirstExchangeDone:
            return Stage::kExtendedMode;
        default:
            return Stage::kQuickMode;
    }
}

// A deletion or a time-out leaves quick modes alone (MS-AIPS 3.1.5.1); any other code says that the
// negotiation failed, and then the first quick mode, which this side took for done with #6, has failed with
// it (S9).
bool code_condemns_first_quick_mode(const Session& session, std::uint32_t code) {
    switch (static_cast<ErrorCode>(code)) {
        case ErrorCode::kSaDeleted:
        case ErrorCode::kShuttingDown:
        case ErrorCode::kTimedOut:
            return false;
        default:
            return !session.initiator() && session.qm_channel.next == 0;
    }
}

}  // namespace

void end_main_mode(Session& session, Host& host, const std::string& text) {
    session.request.reset();
    give_back_negotiations(session, host);
    session.state = State::kDeleted;
    session.forget_at = host.now() + kAnswersRepetitions;
    session.gss = std::monostate{};
    session.extended.reset();
    host.mm_ended(session, text);
    session.established = false;
    pump_notifies(session, host);
}

void fail_main_mode(Session& session, Host& host, const Failure& failure) {
    report_failure(session, host, By::kLocal, failure.stage, failure.reason,
                   static_cast<std::uint32_t>(failure.code), failure.text);
    session.request.reset();
    deny_negotiations(session, host, failure.code);
    send_status(session, host, About::kMainMode, failure.code);
    end_main_mode(session, host, failure.text);
}

void fail_quick_mode(Session& session, Host& host, std::uint32_t message_id, const Failure& failure) {
    report_failure(session, host, By::kLocal, failure.stage, failure.reason,
                   static_cast<std::uint32_t>(failure.code), failure.text);
    const bool first = completes_main_mode(session, message_id);
    if (session.request && session.request->message_id == message_id) session.request.reset();
    if (failure.reason == Reason::kNoQmProposal && !session.initiator()) {
        send_no_proposal_chosen(session, host, message_id);
    } else {
        send_status(session, host, About::kQuickMode, failure.code, message_id);
    }
    if (first) {
        // The responder may take the quick mode for done; without its own notify it would keep it (3.1.5.1).
        if (session.initiator()) send_status(session, host, About::kMainMode, failure.code);
        return end_main_mode(session, host, failure.text);
    }
    const auto negotiation = find_negotiation(session, message_id);
    if (negotiation == session.negotiations.end()) return;
    auto request = std::move(negotiation->request);
    drop_negotiation(session, host, message_id);
    if (request) host.qm_failed(session, std::move(*request), failure.text);
}

void main_mode_ended_by_peer(Session& session, Host& host, std::uint32_t code) {
    if (!session.established) {
        report_failure(session, host, By::kPeer, stage_of(session), Reason::kRefusedByPeer, code,
                       refused_by_peer(code));
        return end_main_mode(session, host, refused_by_peer(code));
    }
    if (code_condemns_first_quick_mode(session, code)) host.qm_deleted_by_peer(session, 0);
    session.closing = session.closed_by_peer = true;
    session.request.reset();
    deny_negotiations(session, host, ErrorCode::kSaDeleted);
    give_back_negotiations(session, host);
    host.mm_closing(session);
    if (host.live_quick_modes(session) == 0)
        end_main_mode(session, host, "deleted by the peer: " + error_name(code));
}

void quick_mode_ended_by_peer(Session& session, Host& host, std::uint32_t message_id, std::uint32_t code) {
    const auto negotiation = find_negotiation(session, message_id);
    if (completes_main_mode(session, message_id)) {
        report_failure(session, host, By::kPeer, stage_of(session), Reason::kRefusedByPeer, code,
                       refused_by_peer(code));
        return end_main_mode(session, host, refused_by_peer(code));
    }
    if (negotiation == session.negotiations.end()) {
        if (host.has_quick_mode(session, message_id)) return host.qm_deleted_by_peer(session, message_id);
        session.deleted_early.push_back(message_id);
        if (session.deleted_early.size() > kMaxDeletedEarly) session.deleted_early.pop_front();
        return;
    }
    report_failure(session, host, By::kPeer, Stage::kQuickMode, Reason::kRefusedByPeer, code,
                   refused_by_peer(code));
    if (session.request && session.request->message_id == message_id) session.request.reset();
    auto request = std::move(negotiation->request);
    drop_negotiation(session, host, message_id);
    if (request) host.qm_failed(session, std::move(*request), refused_by_peer(code));
}

void main_mode_timed_out(Session& session, Host& host, Stage stage, const std::string& text) {
    report_failure(session, host, By::kLocal, stage, Reason::kTimeout,
                   static_cast<std::uint32_t>(ErrorCode::kTimedOut), text);
    session.lost = true;
    session.request.reset();
    // An initiator without keys has been talking to nobody.
    if (session.has_keys() || !session.initiator()) {
        deny_negotiations(session, host, ErrorCode::kTimedOut);
        send_status(session, host, About::kMainMode, ErrorCode::kTimedOut);
    }
    end_main_mode(session, host, text);
}

void delete_main_mode(Session& session, Host& host, ErrorCode code,
                      const std::vector<std::uint32_t>& quick_modes, const std::string& text) {
    session.request.reset();
    deny_negotiations(session, host, code);
    for (const std::uint32_t message_id : quick_modes) {
        send_status(session, host, About::kQuickMode, code, message_id);
    }
    send_status(session, host, About::kMainMode, code);
    end_main_mode(session, host, text);
}

void close_main_mode(Session& session, Host& host, ErrorCode code) {
    session.closing = true;
    session.request.reset();
    deny_negotiations(session, host, code);
    give_back_negotiations(session, host);
    send_status(session, host, About::kMainMode, code);
    host.mm_closing(session);
}

void delete_quick_mode(Session& session, Host& host, std::uint32_t message_id, ErrorCode code) {
    if (!session.deleted()) send_status(session, host, About::kQuickMode, code, message_id);
}

void drop_negotiation(Session& session, Host& host, std::uint32_t message_id) {
    const auto negotiation = find_negotiation(session, message_id);
    if (negotiation == session.negotiations.end()) return;
    undo(session, host, *negotiation);
    session.negotiations.erase(negotiation);
}

}  // namespace keyline::authip
