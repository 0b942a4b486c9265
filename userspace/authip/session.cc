#include "authip/session.h"

#include <algorithm>
#include <utility>

#include "authip/extended_mode.h"
#include "authip/first_message.h"
#include "authip/main_mode.h"
#include "authip/notify.h"
#include "authip/quick_mode.h"
#include "authip/quick_mode_sa.h"
#include "authip/receive.h"
#include "authip/teardown.h"
#include "authip/timers.h"

namespace keyline::authip {

std::string to_string(State state) {
    switch (state) {
        case State::kStart:
            return "Start";
        case State::kMainModeFirstGeneralizedPacketSent:
            return "Main Mode First Generalized Packet Sent";
        case State::kGssApiRequestSent:
            return "GSS-API Request Sent";
        case State::kQuickModeInitiatorFirstPacketSent:
            return "Quick Mode Initiator First Packet Sent";
        case State::kQuickModeInitiatorSecondPacketSent:
            return "Quick Mode Initiator Second Packet Sent";
        case State::kQuickModeInitiatorDone:
            return "Quick Mode Initiator Done";
        case State::kExtendedModeFirstRequestSent:
            return "Extended Mode First Request Sent";
        case State::kExtendedModeGssApiRequestSent:
            return "Extended Mode GSS-API Request Sent";
        case State::kExtendedModeFinalRequestSent:
            return "Extended Mode Initiator Final Exchange Request Sent";
        case State::kMainModeResponderFirstExchangeDone:
            return "Main Mode Responder First Exchange Done";
        case State::kQuickModeResponderFirstExchangeDone:
            return "Quick Mode Responder First Exchange Done";
        case State::kQuickModeResponderDone:
            return "Quick Mode Responder Done";
        case State::kExtendedModeResponderFirstExchangeDone:
            return "Extended Mode Responder First Exchange Done";
        case State::kExtendedModeComplete:
            return "Extended Mode Complete";
        case State::kDeleted:
            return "Deleted";
    }
    return "Unknown";
}

void Session::start(exchange::Host& host, const policy::MainMode& with) {
    if (const policy::Rule* rule = host.lookup().rule(waiting.front().traffic.rule)) {
        plan_authentication(*this, host, *rule, with.offered_group());
        if (!authenticates_for(*rule)) {
            return end_main_mode(*this, host,
                                 "no method of the rule's extended_auth can be used: see [auth], and "
                                 "main_mode.dh_groups for methods that need a group");
        }
    }
    start_main_mode(*this, host, with);
}

bool Session::accept(exchange::Host& host, const exchange::DatagramReceived& datagram,
                     const wire::Header& header) {
    return accept_first_message(*this, host, datagram, header);
}

bool Session::may_begin_anew() const {
    return state == State::kMainModeResponderFirstExchangeDone && mm_channel.next == 1 && !mm_channel.busy &&
           first_responder_cookie == wire::Cookie{};
}

void Session::receive(exchange::Host& host, const exchange::DatagramReceived& datagram,
                      const wire::Header& header) {
    authip::receive(*this, host, datagram, header);
}

void Session::finish_step(exchange::Host& host, auth::StepResult result) {
    authip::finish_step(*this, host, std::move(result));
}

void Session::pump(exchange::Host& host) {
    pump_notifies(*this, host);
    pump_quick_modes(*this, host);
}

exchange::Instant Session::next_deadline(const policy::Keying& keying) const {
    return authip::next_deadline(*this, keying);
}

void Session::expire(exchange::Host& host) { authip::expire(*this, host); }

void Session::ask_for_quick_mode(exchange::Host& host, const exchange::Traffic& traffic) {
    send_acquire(*this, host, traffic);
}

std::vector<exchange::QmRequest*> Session::requests() {
    std::vector<exchange::QmRequest*> found;
    for (QmNegotiation& negotiation : negotiations) {
        if (negotiation.request) found.push_back(&*negotiation.request);
    }
    return found;
}

std::vector<exchange::Traffic> Session::peers_quick_modes() const {
    std::vector<exchange::Traffic> found;
    if (initiator()) return found;
    for (const QmNegotiation& negotiation : negotiations)
        found.push_back(negotiation.traffic);
    return found;
}

void Session::remove(exchange::Host& host, exchange::Deletion why,
                     std::span<const exchange::QmSa> quick_modes, const std::string& text) {
    std::vector<std::uint32_t> message_ids;
    for (const exchange::QmSa& quick_mode : quick_modes)
        message_ids.push_back(quick_mode.message_id);
    const bool shutting_down = why == exchange::Deletion::kShuttingDown;
    delete_main_mode(*this, host, shutting_down ? ErrorCode::kShuttingDown : ErrorCode::kSaDeleted,
                     message_ids, text);
}

void Session::close(exchange::Host& host) { close_main_mode(*this, host, ErrorCode::kSaDeleted); }

void Session::end(exchange::Host& host, const std::string& text) { end_main_mode(*this, host, text); }

void Session::remove_quick_mode(exchange::Host& host, const exchange::QmSa& quick_mode) {
    delete_quick_mode(*this, host, quick_mode.message_id, ErrorCode::kSaDeleted);
}

void Session::peer_port_changed(exchange::Host& host) {
    for (QmNegotiation& negotiation : negotiations)
        follow_port(negotiation, host, name.remote);
}

void Session::meet_stray(exchange::Host& host) { doubt_extended_mode(*this, host); }

bool Session::owes() const { return notifies_pending(*this); }

bool Session::forgettable(exchange::Instant now) const { return authip::forgettable(*this, now); }

std::chrono::seconds Session::lifetime() const {
    return std::min(main_mode.lifetime, chosen->lifetime.value_or(main_mode.lifetime));
}

bool Session::proposal_allowed(const policy::MainMode& allowed) const {
    return !chosen || (allowed.accepts(group) &&
                       std::ranges::find(allowed.proposals, chosen->proposal) != allowed.proposals.end());
}

}  // namespace keyline::authip
