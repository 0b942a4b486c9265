#include "ikev1/session.h"

#include <algorithm>
#include <utility>

#include "ikev1/dead_peer_detection.h"
#include "ikev1/deletes.h"
#include "ikev1/main_mode.h"
#include "ikev1/quick_mode.h"
#include "ikev1/receive.h"
#include "ikev1/teardown.h"
#include "ikev1/timers.h"

namespace keyline::ikev1 {
namespace {

constexpr std::size_t kMaxFinished = 64;

}  // namespace

std::string to_string(State state) {
    switch (state) {
        case State::kStart:
            return "Start";
        case State::kMessage1Sent:
            return "Main Mode Message 1 Sent";
        case State::kMessage2Sent:
            return "Main Mode Message 2 Sent";
        case State::kMessage3Sent:
            return "Main Mode Message 3 Sent";
        case State::kMessage4Sent:
            return "Main Mode Message 4 Sent";
        case State::kMessage5Sent:
            return "Main Mode Message 5 Sent";
        case State::kDone:
            return "Main Mode Done";
        case State::kDeleted:
            return "Deleted";
    }
    return "Unknown";
}

void Session::start(exchange::Host& host, const policy::MainMode& with) {
    start_main_mode(*this, host, with);
}

bool Session::accept(exchange::Host& host, const exchange::DatagramReceived& datagram,
                     const wire::Header& header) {
    return accept_first_message(*this, host, datagram, header);
}

void Session::receive(exchange::Host& host, const exchange::DatagramReceived& datagram,
                      const wire::Header& header) {
    ikev1::receive(*this, host, datagram, header);
}

// None of IKEv1's methods here waits for anybody.
void Session::finish_step(exchange::Host& host, auth::StepResult) {
    host.count(exchange::Reason::kStaleStep);
}

void Session::pump(exchange::Host& host) { pump_quick_modes(*this, host); }

exchange::Instant Session::next_deadline(const policy::Keying& keying) const {
    return ikev1::next_deadline(*this, keying);
}

void Session::expire(exchange::Host& host) { ikev1::expire(*this, host); }

std::vector<exchange::QmRequest*> Session::requests() {
    std::vector<exchange::QmRequest*> found;
    for (QmNegotiation& negotiation : negotiations) {
        if (negotiation.request) found.push_back(&*negotiation.request);
    }
    return found;
}

std::vector<exchange::Traffic> Session::peers_quick_modes() const {
    std::vector<exchange::Traffic> found;
    for (const QmNegotiation& negotiation : negotiations) {
        if (negotiation.role == exchange::Role::kResponder) found.push_back(negotiation.traffic);
    }
    return found;
}

void Session::remove(exchange::Host& host, exchange::Deletion, std::span<const exchange::QmSa> quick_modes,
                     const std::string& text) {
    delete_main_mode(*this, host, quick_modes, text);
}

void Session::end(exchange::Host& host, const std::string& text) { end_main_mode(*this, host, text); }

void Session::remove_quick_mode(exchange::Host& host, const exchange::QmSa& quick_mode) {
    if (!deleted()) send_delete(*this, host, quick_mode);
}

bool Session::probe(exchange::Host& host) { return start_probe(*this, host); }

std::optional<exchange::Session::Attempt> Session::next_attempt(const exchange::Host& host) const {
    if (!try_another || authentication_codes(main_mode, host, refusals).empty()) return std::nullopt;
    auto next = std::make_unique<Session>();
    next->refusals = refusals;
    return Attempt{std::move(next), main_mode};
}

void Session::learn_from(const exchange::Session& other) {
    const Refusals& known = static_cast<const Session&>(other).refusals;
    if (!known.empty()) refusals = known;
}

void Session::peer_port_changed(exchange::Host& host) {
    for (QmNegotiation& negotiation : negotiations) {
        if (negotiation.outbound) negotiation.outbound->encapsulation.remote_port = name.remote.port;
        if (!negotiation.sa) continue;
        host.act(exchange::MoveSa{policy::Direction::kInbound, negotiation.inbound_spi, name.remote.address,
                                  name.remote});
    }
}

void Session::forget(exchange::Instant now) {
    forget_at = now;
    deletes.clear();
}

std::chrono::seconds Session::lifetime() const {
    return std::min(main_mode.lifetime, chosen->transform.lifetime.value_or(main_mode.lifetime));
}

bool Session::proposal_allowed(const policy::MainMode& allowed) const {
    return !chosen ||
           (allowed.accepts(chosen->transform.group) &&
            std::ranges::find(allowed.proposals, chosen->transform.proposal) != allowed.proposals.end());
}

void finish_exchange(Session& session, std::uint32_t message_id, Answered answered) {
    session.finished.push_back({message_id, std::move(answered)});
    if (session.finished.size() > kMaxFinished) session.finished.pop_front();
}

const FinishedExchange* find_finished(const Session& session, std::uint32_t message_id) {
    const auto found = std::ranges::find(session.finished, message_id, &FinishedExchange::message_id);
    return found == session.finished.end() ? nullptr : &*found;
}

}  // namespace keyline::ikev1
