// AuthIP and IKEv1 with one peer (MS-AIPS 3.2.4; interpretation M13): both first messages are sent, the
// protocol that is answered goes on, and AuthIP wins when both are. Until then the requests wait under either
// attempt, and move to the one that is left.
#include <utility>

#include "keyer/engine.h"

namespace keyline::keyer {
namespace {

using exchange::QmRequest;
using exchange::Session;

bool answered(const Session& session) { return session.responder_cookie != wire::Cookie{}; }

bool decided_by(const Session& session) {
    return session.established || (session.dialect() == wire::Dialect::kAuthip && answered(session));
}

}  // namespace

void Engine::set_beside(Session& authip, Session& ikev1) {
    ikev1.speaks_authip = true;
    beside_[authip.name.id] = {.other = ikev1.name.id, .failure = {}};
    beside_[ikev1.name.id] = {.other = authip.name.id, .failure = {}};
}

void Engine::decide_beside(Session& session) {
    const auto entry = beside_.find(session.name.id);
    if (entry == beside_.end() || session.deleted() || !decided_by(session)) return;
    const std::uint64_t other = entry->second.other;
    // Its entry goes first: what has been decided is no failure to be told of.
    beside_.erase(entry);
    Session* loser = sessions_.find(other);
    if (loser == nullptr || loser->deleted()) return;
    const bool authip = session.dialect() == wire::Dialect::kAuthip;
    std::ranges::move(std::exchange(loser->waiting, {}), std::back_inserter(homeless_));
    loser->end(*this, authip ? "AuthIP goes on instead" : "IKEv1 goes on instead");
}

void Engine::replace_beside(std::uint64_t former, std::uint64_t next) {
    auto entry = beside_.extract(former);
    if (entry.empty()) return;
    if (const auto other = beside_.find(entry.mapped().other); other != beside_.end())
        other->second.other = next;
    entry.key() = next;
    beside_.insert(std::move(entry));
}

// An attempt has come to nothing. Its requests fail unless the other one is left.
void Engine::end_beside(exchange::MmSa& sa, const std::string& text) {
    const auto entry = beside_.extract(sa.name.id);
    const auto other = entry.empty() ? beside_.end() : beside_.find(entry.mapped().other);
    const std::string former = entry.empty() ? std::string() : entry.mapped().failure;
    if (other != beside_.end()) other->second.failure = text;
    for (QmRequest& request : std::exchange(sa.waiting, {})) {
        if (other != beside_.end()) {
            homeless_.push_back(std::move(request));
            continue;
        }
        if (sa.lost) bury(request.traffic);
        // The peer's own negotiation, crossing this one, may have succeeded.
        const bool served = !quick_modes_.ids_by_traffic(request.traffic).empty();
        served ? succeed(request) : fail(request, former.empty() ? text : former + "; " + text);
    }
}

}  // namespace keyline::keyer
