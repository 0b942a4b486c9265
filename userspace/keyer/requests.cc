// Quick modes that packets, administrators and rekeys ask for, and the main mode SAs that shall carry them
// (MS-AIPS 3.1.4.1, 3.4.7.4; interpretation items 31, Q9). One main mode SA per peer; its quick modes wait
// for each other.
#include <algorithm>
#include <utility>

#include "keyer/engine.h"
#include "keyer/protocols.h"

namespace keyline::keyer {
namespace {

using exchange::QmRequest;
using exchange::Session;

constexpr std::size_t kMaxPackets = 64;    // whose fate is told, per quick mode
constexpr std::size_t kMaxWaiting = 4096;  // quick modes per main mode SA

// The methods that the main mode may use for a rule's traffic. One that would not prove who the peer is does
// not do where policy names it.
policy::MainMode restricted(policy::MainMode main_mode, const policy::Rule* rule, const policy::Peer* peer,
                            const Engine& engine) {
    const bool has_to_prove = peer != nullptr && peer->has_to_prove(false);
    std::erase_if(main_mode.auth, [&](policy::AuthMethod id) {
        const bool forbidden =
            rule != nullptr && !rule->auth.empty() && std::ranges::find(rule->auth, id) == rule->auth.end();
        const auth::Method* method = engine.method(static_cast<auth::MethodId>(id));
        return forbidden || method == nullptr ||
               (has_to_prove && !method->proves_peer_to(auth::End::kInitiator));
    });
    return main_mode;
}

bool allows(const policy::Rule* rule, std::optional<auth::MethodId> method) {
    if (rule == nullptr || rule->auth.empty()) return true;
    return method &&
           std::ranges::find(rule->auth, static_cast<policy::AuthMethod>(*method)) != rule->auth.end();
}

// An unfinished main mode may end with any of its methods: all have to be allowed.
bool allows_all(const policy::Rule* rule, const std::vector<auth::MethodId>& methods) {
    return std::ranges::all_of(methods, [&](auth::MethodId method) { return allows(rule, method); });
}

// Seen from a responder: NTLM proves the initiator alone, TLS may prove the responder alone (MS-AIPS 1.7).
bool one_way(const Session& session) {
    if (session.initiator()) return false;
    return session.method == auth::MethodId::kNtlm ||
           (session.method == auth::MethodId::kTls && session.proved_peer.empty());
}

void absorb(QmRequest& into, QmRequest& request) {
    for (const policy::PacketTuple& packet : request.packets) {
        if (into.packets.size() < kMaxPackets &&
            std::ranges::find(into.packets, packet) == into.packets.end()) {
            into.packets.push_back(packet);
        }
    }
    into.guarantee_encryption |= request.guarantee_encryption;
    into.admin_requests.insert(into.admin_requests.end(), request.admin_requests.begin(),
                               request.admin_requests.end());
}

}  // namespace

void Engine::on(exchange::Acquire& event) {
    const policy::Rule* rule = lookup_->rule(event.rule);
    const auto match = lookup_->find(event.packet);
    if (shutting_down_ || rule == nullptr || rule->action != policy::RuleAction::kProtect || !match ||
        match->rule != rule) {
        count(exchange::Reason::kNoPolicy);
        return act(exchange::AcquireFailed{event.rule, event.packet, event.impersonation_handle});
    }
    const policy::SaEndpoints ends = policy::sa_endpoints(*rule, event.packet);
    want({.traffic = {.rule = rule->id,
                      .local = ends.local,
                      .remote = ends.remote,
                      .mode = rule->mode,
                      .selector = policy::sa_selector(*rule, *match->selector, event.packet),
                      .impersonation_handle = event.impersonation_handle},
          .packets = {event.packet}});
}

void Engine::want(QmRequest request) {
    if (shutting_down_) return fail(request, "shutting down");
    if (merge(request) || await_peer(request)) return;
    Session* session = usable_session(request);
    if (session == nullptr) session = one_way_session(request);
    if (session == nullptr) return start_session(std::move(request));
    touch(*session);
    if (session->starts_quick_modes()) {
        if (session->waiting.size() >= kMaxWaiting)
            return fail(request, "too many quick modes wait for this peer");
        session->waiting.push_back(std::move(request));
        return;
    }
    ask_peer(*session, std::move(request));
}

// One quick mode per traffic: a second request joins the first.
bool Engine::merge(QmRequest& request) {
    const auto same = [&](const QmRequest& other) { return other.traffic == request.traffic; };
    const auto join = [&](QmRequest& other) {
        absorb(other, request);
        return true;
    };
    for (Expected& expected : expected_) {
        if (same(expected.request)) return join(expected.request);
    }
    for (const std::uint64_t id : sessions_.ids_by_peer(request.traffic.remote)) {
        Session& session = *sessions_.find(id);
        if (session.deleted()) continue;
        for (QmRequest& waiting : session.waiting) {
            if (same(waiting)) return join(waiting);
        }
        for (QmRequest* under_way : session.requests()) {
            if (same(*under_way)) return join(*under_way);
        }
    }
    return false;
}

// Whether a quick mode for the request may run under it, as far as is known.
bool Engine::carries(const Session& session, const QmRequest& request) const {
    const policy::Rule* rule = lookup_->rule(request.traffic.rule);
    return !session.deleted() && !session.closing && session.name.local.address == request.traffic.local &&
           session.impersonation_handle == request.traffic.impersonation_handle &&
           (session.established ? allows(rule, session.method) : allows_all(rule, session.candidates()));
}

// The newest that fits: an older one may be unknown to a peer that has restarted. Under one whose initiator
// is the peer a quick mode can only be asked for, which a request that has failed so once does not do again.
Session* Engine::usable_session(const QmRequest& request) {
    const policy::Rule* rule = lookup_->rule(request.traffic.rule);
    Session* newest = nullptr;
    for (const std::uint64_t id : sessions_.ids_by_peer(request.traffic.remote)) {
        Session& session = *sessions_.find(id);
        if (!carries(session, request)) continue;
        if (!session.starts_quick_modes() && (request.moved || !session.established)) continue;
        if (rule != nullptr && !session.authenticates_for(*rule)) continue;
        newest = &session;
    }
    return newest;
}

// MS-AIPS 3.4.7.4: a responder whose main mode authenticated one side alone cannot be the initiator of the
// next. After the lifetime it asks for that.
Session* Engine::one_way_session(const QmRequest& request) {
    if (!request.rekey || request.moved) return nullptr;
    for (const std::uint64_t id : sessions_.ids_by_peer(request.traffic.remote)) {
        Session& session = *sessions_.find(id);
        if (session.established && session.closing && !session.closed_by_peer && one_way(session) &&
            session.name.local.address == request.traffic.local) {
            return &session;
        }
    }
    return nullptr;
}

// The first message of each protocol that policy has for the peer and that can serve the traffic (M13).
void Engine::start_session(QmRequest request) {
    const exchange::Traffic traffic = request.traffic;
    const policy::Rule* rule = lookup_->rule(traffic.rule);
    if (exchange::is_peer_user(traffic.impersonation_handle))
        return fail(request, "the SA belongs to a user of the peer's, who alone can renew it");
    const policy::Peer* peer = lookup_->peer(traffic.remote);
    const bool needs_authip = rule != nullptr && rule->needs_authip();
    if (needs_authip && !permits(peer, policy::Protocol::kAuthip)) {
        return fail(request,
                    "rule \"" + rule->name + "\" wants what only AuthIP has: users, or extended mode");
    }
    std::vector<std::pair<Session*, policy::MainMode>> begun;
    for (const auto protocol : {policy::Protocol::kAuthip, policy::Protocol::kIkev1}) {
        if (!permits(peer, protocol) || (needs_authip && protocol != policy::Protocol::kAuthip)) continue;
        auto main_mode =
            restricted(lookup_->main_mode(traffic.remote).restricted_to(protocol), rule, peer, *this);
        if (main_mode.auth.empty()) continue;
        begun.emplace_back(&add_initiator(protocol, traffic, request.suspect), std::move(main_mode));
    }
    if (begun.empty()) {
        return fail(
            request,
            "no authentication method is allowed, configured, and proves the names that [[peer]] has for "
            "the peer; see main_mode.auth, [auth] and [[peer]]");
    }
    if (begun.size() == 2) set_beside(*begun.front().first, *begun.back().first);
    begun.front().first->waiting.push_back(std::move(request));
    for (const auto& [session, main_mode] : begun) {
        session->start(*this, main_mode);
        sessions_.index(*session);
        touch(*session);
    }
}

Session& Engine::add_initiator(policy::Protocol protocol, const exchange::Traffic& traffic, bool suspect) {
    const std::uint16_t port = lookup_->policy().host.port;
    Session& session = sessions_.add(make_session(protocol), exchange::Role::kInitiator,
                                     {traffic.local, port}, {traffic.remote, port}, now_);
    if (const policy::Peer* peer = lookup_->peer(traffic.remote)) session.pad = *peer;
    session.doubted = suspect;
    session.impersonation_handle = traffic.impersonation_handle;
    return session;
}

void Engine::want_again(std::vector<QmRequest> requests) {
    for (QmRequest& request : requests) {
        if (request.moved) {
            fail(request, "the peer does not answer");
            continue;
        }
        request.moved = true;
        homeless_.push_back(std::move(request));
    }
}

void Engine::fail(const QmRequest& request, const std::string& text) {
    for (const policy::PacketTuple& packet : request.packets)
        act(exchange::AcquireFailed{request.traffic.rule, packet, request.traffic.impersonation_handle});
    for (const std::uint64_t admin : request.admin_requests)
        report(exchange::AdminDone{admin, false, text});
}

void Engine::succeed(const QmRequest& request) {
    for (const std::uint64_t admin : request.admin_requests) {
        report(exchange::AdminDone{admin, true, "protected: " + request.traffic.selector.to_string()});
    }
}

// Q9. Before #6 it is kept for later: the request waits under this SA all the same.
void Engine::asked_to_acquire(exchange::MmSa& sa, const policy::Selector& selector, policy::Mode mode,
                              bool guarantee_encryption) {
    const auto match = lookup_->find_containing(selector);
    if (!match || match->rule->action != policy::RuleAction::kProtect || match->rule->mode != mode) {
        return count(exchange::Reason::kSelectors);
    }
    QmRequest request{.traffic = {.rule = match->rule->id,
                                  .local = sa.name.local.address,
                                  .remote = sa.name.remote.address,
                                  .mode = mode,
                                  .selector = selector,
                                  .impersonation_handle = sa.impersonation_handle},
                      .guarantee_encryption = guarantee_encryption};
    if (merge(request)) return;  // the rekey it asks for is under way: only acknowledged
    const bool fits = sessions_.find(sa.name.id)->authenticates_for(*match->rule);
    if (!sa.initiator() || sa.closing || !fits) {
        homeless_.push_back(std::move(request));
        homeless_.back().moved = true;  // a new main mode of this host's own
        return;
    }
    sa.waiting.push_back(std::move(request));
    touch(sa);
}

}  // namespace keyline::keyer
