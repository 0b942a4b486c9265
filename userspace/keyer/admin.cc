// What administrators, interfaces, policy and the process ask for (MS-AIPS 3.1.4.2, 3.1.7.1-3.1.7.3;
// interpretation S12).
#include <algorithm>
#include <utility>

#include "keyer/engine.h"

namespace keyline::keyer {
namespace {

using exchange::Deletion;
using exchange::QmRequest;
using exchange::QmSa;
using exchange::Session;

constexpr std::chrono::seconds kAdoptedRekey{
    10};  // the peer's notifies about an adopted SA are lost on this host
constexpr std::chrono::milliseconds kAdoptedStagger{20};  // between two of them

std::optional<IpAddress> local_address(const policy::Selector& selector,
                                       const std::optional<IpAddress>& routed, const policy::Host& host) {
    if (routed && selector.local.contains(*routed)) return routed;
    if (selector.local.is_host()) return selector.local.address;
    const auto listens =
        std::ranges::find_if(host.listen, [&](const IpAddress& a) { return selector.local.contains(a); });
    return listens == host.listen.end() ? std::nullopt : std::optional(*listens);
}

// The packet that would meet the rule's selector on its way to the peer.
std::optional<policy::PacketTuple> packet_to(const policy::Rule& rule, const policy::Selector& selector,
                                             const IpAddress& peer, const std::optional<IpAddress>& routed,
                                             const policy::Host& host) {
    policy::PacketTuple packet{.protocol = selector.protocol,
                               .local_port = selector.local_port,
                               .remote_port = selector.remote_port};
    if (rule.tunnel && rule.tunnel->remote == peer) {
        packet.local = selector.local.address;
        packet.remote = selector.remote.address;
        return packet;
    }
    if (!selector.remote.contains(peer)) return std::nullopt;
    const auto local = local_address(selector, routed, host);
    if (!local) return std::nullopt;
    packet.local = *local;
    packet.remote = peer;
    return packet;
}

}  // namespace

// The first that a protect rule gives.
std::optional<exchange::Traffic> Engine::traffic_with(const IpAddress& peer,
                                                      const std::optional<IpAddress>& local) const {
    const policy::Policy& policy = lookup_->policy();
    for (const policy::Rule& rule : policy.rules) {
        if (rule.action != policy::RuleAction::kProtect) continue;
        for (const policy::Selector& selector : rule.selectors) {
            const auto packet = packet_to(rule, selector, peer, local, policy.host);
            if (!packet) continue;
            const policy::SaEndpoints ends = policy::sa_endpoints(rule, *packet);
            return exchange::Traffic{.rule = rule.id,
                                     .local = ends.local,
                                     .remote = ends.remote,
                                     .mode = rule.mode,
                                     .selector = policy::sa_selector(rule, selector, *packet)};
        }
    }
    return std::nullopt;
}

void Engine::on(exchange::AdminUp& event) {
    if (const auto traffic = traffic_with(event.peer, event.local)) {
        return want({.traffic = *traffic, .admin_requests = {event.request}});
    }
    report(
        exchange::AdminDone{event.request, false,
                            "no protect rule leads to " + event.peer.to_string() +
                                ", or none names the local address; see `keyline policies` and host.listen"});
}

void Engine::on(exchange::AdminDown& event) {
    std::size_t deleted = 0;
    if (const auto* spi = std::get_if<std::uint32_t>(&event.what)) {
        for (const auto direction : {policy::Direction::kInbound, policy::Direction::kOutbound}) {
            for (const std::uint64_t id : quick_modes_.ids_by_spi(direction, *spi)) {
                remove_quick_mode(id, "asked for by the administrator", Notify::kPeer);
                ++deleted;
            }
        }
    } else {
        const IpAddress& peer = std::get<IpAddress>(event.what);
        for (const std::uint64_t id : sessions_.ids_by_peer(peer)) {
            Session& session = *sessions_.find(id);
            if (session.deleted()) continue;
            delete_session(session, Deletion::kDeleted, "asked for by the administrator");
            ++deleted;
        }
        for (const std::uint64_t id : quick_modes_.ids_by_peer(peer)) {
            remove_quick_mode(id, "asked for by the administrator", Notify::kNobody);
            ++deleted;
        }
    }
    const bool found = deleted != 0;
    report(exchange::AdminDone{event.request, found,
                               found ? "deleted" : "no such SA; `keyline sas` lists them"});
}

void Engine::on(exchange::AddressGone& event) {
    for (const std::uint64_t id : sessions_.ids()) {
        Session& session = *sessions_.find(id);
        if (session.name.local.address == event.address && !session.deleted()) {
            delete_session(session, Deletion::kDeleted, "the local address has gone");
        }
    }
    for (const std::uint64_t id : quick_modes_.ids()) {
        if (quick_modes_.find(id)->traffic.local == event.address) {
            remove_quick_mode(id, "the local address has gone", Notify::kNobody);
        }
    }
}

void Engine::on(exchange::PolicyChanged& event) {
    lookup_ = std::make_unique<policy::Lookup>(std::move(event.policy));
    methods_ = std::move(event.methods);
    for (const std::uint64_t id : sessions_.ids()) {
        Session& session = *sessions_.find(id);
        if (!session.deleted() && !still_allowed(session, session.name.remote.address)) {
            delete_session(session, Deletion::kDeleted, "policy does not allow it any more");
        }
        touch(session);  // its timers may have changed
    }
    for (const std::uint64_t id : quick_modes_.ids()) {
        if (!still_allowed(*quick_modes_.find(id))) {
            remove_quick_mode(id, "policy does not allow it any more", Notify::kPeer);
        }
    }
}

bool Engine::still_allowed(const Session& session, const IpAddress& remote) const {
    const policy::MainMode& main_mode = lookup_->main_mode(remote);
    const policy::Peer* peer = lookup_->peer(remote);
    const policy::Peer pad = peer == nullptr ? policy::Peer{} : *peer;
    const auto same_name = [&](const policy::AuthMethod method) {
        return session.pad.name_for(method) == pad.name_for(method);
    };
    if (!std::ranges::all_of(main_mode.auth, same_name) || session.pad.users != pad.users) return false;
    if (!session.proposal_allowed(main_mode)) return false;
    const auto wanted = [&](auth::MethodId id) {
        return method(id) != nullptr &&
               std::ranges::find(main_mode.auth, static_cast<policy::AuthMethod>(id)) != main_mode.auth.end();
    };
    return session.method ? wanted(*session.method) : std::ranges::all_of(session.candidates(), wanted);
}

bool Engine::still_allowed(const QmSa& qm) const {
    const auto match = lookup_->find_containing(qm.traffic.selector);
    if (!match || match->rule->id != qm.traffic.rule || match->rule->action != policy::RuleAction::kProtect)
        return false;
    const policy::Rule& rule = *match->rule;
    if (rule.mode != qm.traffic.mode) return false;
    if (rule.tunnel && (rule.tunnel->local != qm.traffic.local || rule.tunnel->remote != qm.traffic.remote))
        return false;
    const auto extended = [&](policy::AuthMethod method) {
        return static_cast<auth::MethodId>(method) == qm.extended_method;
    };
    // Of an adopted SA the method is not known: it is renegotiated in seconds.
    if (!qm.adopted && !rule.extended_auth.empty() && std::ranges::none_of(rule.extended_auth, extended))
        return false;
    const auto& suites = lookup_->policy().quick_mode_of(rule).suites;
    return std::ranges::find(suites, qm.suite) != suites.end();
}

// Its quick modes go with it; each is named to the peer (S12).
void Engine::delete_session(Session& session, Deletion why, const std::string& text) {
    std::vector<QmSa> quick_modes;
    for (const std::uint64_t id : quick_modes_.ids_by_mm(session.name.id)) {
        quick_modes.push_back(*quick_modes_.find(id));
        remove_quick_mode(id, text, Notify::kNobody);
    }
    // Nobody waits for what has been deleted on purpose.
    for (QmRequest& waiting : session.waiting)
        waiting.moved = true;
    for (QmRequest* request : session.requests())
        request->moved = true;
    session.remove(*this, why, quick_modes, text);
}

void Engine::on(exchange::SasAdopted& event) {
    exchange::Instant rekey_at = now_ + kAdoptedRekey;
    for (const policy::SadEntry& entry : event.entries) {
        if (entry.direction != policy::Direction::kInbound) continue;
        const auto twin = std::ranges::find_if(event.entries, [&](const policy::SadEntry& other) {
            return other.direction == policy::Direction::kOutbound && other.spi == entry.twin_spi &&
                   other.twin_spi == entry.spi && other.remote == entry.remote;
        });
        if (twin == event.entries.end()) {
            act(exchange::RemoveSa{entry.direction, entry.spi, entry.remote});
            continue;
        }
        QmSa qm{.traffic = {.rule = entry.rule,
                            .local = entry.local,
                            .remote = entry.remote,
                            .mode = entry.mode,
                            .selector = entry.selector,
                            .impersonation_handle = entry.impersonation_handle},
                .suite = entry.suite,
                .inbound_spi = entry.spi,
                .outbound_spi = twin->spi,
                .peer = entry.peer,
                .begun = now_,
                .established = now_,
                .soft = rekey_at,
                .adopted = true};
        // MS-AIPS 3.1.7.3: policy may have changed while nobody looked.
        if (!still_allowed(qm)) {
            act(exchange::RemoveSa{policy::Direction::kOutbound, qm.outbound_spi, qm.traffic.remote});
            act(exchange::RemoveSa{policy::Direction::kInbound, qm.inbound_spi, qm.traffic.remote});
            report(exchange::QmDeleted{qm.inbound_spi, qm.outbound_spi, qm.traffic.selector,
                                       "policy does not allow it any more"});
            continue;
        }
        spis_.insert(entry.spi);
        quick_modes_.add(std::move(qm));
        rekey_at += kAdoptedStagger;
    }
}

void Engine::on(exchange::Shutdown&) {
    shutting_down_ = true;
    for (const std::uint64_t id : sessions_.ids()) {
        Session& session = *sessions_.find(id);
        if (!session.deleted()) delete_session(session, Deletion::kShuttingDown, "shutting down");
    }
    for (const std::uint64_t id : quick_modes_.ids())
        remove_quick_mode(id, "shutting down", Notify::kNobody);
    for (const Expected& expected : expected_)
        fail(expected.request, "shutting down");
    expected_.clear();
}

}  // namespace keyline::keyer
