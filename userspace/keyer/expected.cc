// Quick modes that the peer is to begin, because this host has asked for them (interpretation item 31), or
// has begun by itself: requests that they will serve wait for them. One comes to this host while the peer's
// quick mode is under way when ESP of the peer's, whose SAs are ready, is answered before the last message is
// here.
#include <algorithm>
#include <utility>

#include "keyer/engine.h"

namespace keyline::keyer {
namespace {

using exchange::Instant;
using exchange::kNever;
using exchange::QmRequest;
using exchange::Session;
using exchange::Traffic;

constexpr std::chrono::seconds kPatience{15};  // with the peer, asked or not
// With a main mode whose first message may be forged, and with a first quick mode that has not begun.
constexpr std::chrono::seconds kShortPatience{5};

bool serves(const Traffic& quick_mode, const Traffic& wanted) {
    return quick_mode.impersonation_handle == wanted.impersonation_handle && quick_mode.mode == wanted.mode &&
           quick_mode.remote == wanted.remote && quick_mode.selector.contains(wanted.selector);
}

}  // namespace

void Engine::ask_peer(Session& session, QmRequest request) {
    session.ask_for_quick_mode(*this, request.traffic);
    expected_.push_back({std::move(request), session.name.id, now_ + kPatience, true});
}

// How long what the peer has under way may yet serve the request; nullopt: it will not. What the first quick
// mode of a main mode is for shows late: only a request that has no other main mode SA to go by waits for
// that.
std::optional<Instant> Engine::awaited_until(const Session& session, const QmRequest& request) {
    if (session.deleted()) return std::nullopt;
    const auto quick_modes = session.peers_quick_modes();
    const auto fits = [&](const Traffic& traffic) { return serves(traffic, request.traffic); };
    if (std::ranges::any_of(quick_modes, fits)) return kNever;
    if (!session.awaits_first_quick_mode() || !carries(session, request)) return std::nullopt;
    if (const Session* usable = usable_session(request); usable != nullptr && usable != &session)
        return std::nullopt;
    if (!session.established && session.peer_answers()) return kNever;
    const Instant until = session.last_heard + kShortPatience;
    return until > now_ ? std::optional(until) : std::nullopt;
}

// All waiting of a request ends after one time, so that a peer whose attempts fail again and again does not
// keep this host from its own.
bool Engine::await_peer(QmRequest& request) {
    if (request.suspect) return false;
    const Instant patience = std::min(request.patience, now_ + kPatience);
    if (patience <= now_) return false;
    for (const std::uint64_t id : sessions_.ids_by_peer(request.traffic.remote)) {
        const auto until = awaited_until(*sessions_.find(id), request);
        if (!until) continue;
        request.patience = patience;
        expected_.push_back({std::move(request), id, std::min(patience, *until), false});
        return true;
    }
    return false;
}

void Engine::serve_expected(const exchange::QmSa& qm) {
    std::erase_if(expected_, [&](const Expected& expected) {
        if (!serves(qm.traffic, expected.request.traffic)) return false;
        succeed(expected.request);
        return true;
    });
}

// The session has changed: what it will not serve any more is wanted without it.
void Engine::review_expected(const Session& session) {
    std::erase_if(expected_, [&](Expected& expected) {
        if (expected.asked || expected.mm != session.name.id) return false;
        const auto until = awaited_until(session, expected.request);
        if (until) {
            expected.give_up = std::min(expected.request.patience, *until);
            return false;
        }
        homeless_.push_back(std::move(expected.request));
        return true;
    });
}

void Engine::want_asked_again(const exchange::MmSa& sa) {
    std::erase_if(expected_, [&](Expected& expected) {
        if (!expected.asked || expected.mm != sa.name.id) return false;
        want_again({std::move(expected.request)});
        return true;
    });
}

void Engine::give_up_expected() {
    std::erase_if(expected_, [&](Expected& expected) {
        if (expected.give_up > now_) return false;
        if (expected.asked) {
            want_again({std::move(expected.request)});
        } else {
            homeless_.push_back(std::move(expected.request));
        }
        return true;
    });
}

Instant Engine::next_expected() const {
    const auto first = std::ranges::min_element(expected_, {}, &Expected::give_up);
    return first == expected_.end() ? kNever : first->give_up;
}

}  // namespace keyline::keyer
