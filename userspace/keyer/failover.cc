// Peers that have died or lost their SAs: how that is noticed, and how their traffic gets new SAs
// (MS-IKEE 3.5, 3.6, 3.12). Nothing is removed before its successor works, and nothing that is not
// authenticated does more than start a negotiation.
#include <algorithm>
#include <chrono>

#include "keyer/engine.h"

namespace keyline::keyer {
namespace {

using exchange::QmSa;
using exchange::Reason;
using exchange::Session;

constexpr std::chrono::seconds kMostPatience{3600};
constexpr std::size_t kMaxStrays = 64;  // negotiations under way; what anybody can forge starts no more

bool same_peer(const Session& one, const Session& other) {
    // Behind one NAT there may be many of a name, or of none.
    if (one.nat_found() && one.name.remote != other.name.remote) return false;
    return one.method == other.method && one.proved_peer == other.proved_peer;
}

}  // namespace

// MS-IKEE 3.5.6.1, 3.12.4.
void Engine::on(exchange::SaQuiet& event) {
    const auto ids = quick_modes_.ids_by_spi(policy::Direction::kInbound, event.inbound_spi);
    if (ids.empty()) return;
    QmSa& qm = *quick_modes_.find(ids.front());
    if (qm.superseded()) return;
    const policy::Keying& keying = lookup_->policy().keying;
    const auto idle_timeout = qm.fast_failover ? keying.cluster_idle_timeout : keying.idle_timeout;
    if (idle_timeout.count() != 0 && event.idle >= idle_timeout) {
        return remove_quick_mode(qm.id, "idle", Notify::kPeer);
    }
    const auto patience = std::max(qm.patience, keying.dead_peer_timeout);
    if (keying.dead_peer_timeout.count() == 0 || event.unanswered < patience || qm.suspected) return;
    count(Reason::kSilentPeer);
    qm.patience = std::min(2 * patience, kMostPatience);
    // A peer that gives a sign of life may still have lost this one: then the traffic stays unanswered.
    Session* session = qm.mm == 0 || qm.probed ? nullptr : sessions_.find(qm.mm);
    if (session == nullptr || !session->probe(*this)) return suspect(qm);
    qm.probed = true;
    touch(*session);
}

void Engine::on(exchange::StrayEsp& event) { meet_stray(event.local, event.remote); }

// Somebody uses SAs that this host does not have. If this host has lost them, it offers new ones; its initial
// contact tells the peer the rest.
void Engine::meet_stray(const IpAddress& local, const IpAddress& remote) {
    for (const std::uint64_t id : sessions_.ids_by_peer(remote)) {
        Session& session = *sessions_.find(id);
        session.meet_stray(*this);
        touch(session);
    }
    if (lookup_->policy().keying.dead_peer_timeout.count() == 0) return;
    // While anything is known of the peer, and for a while after it has been deleted, the stray is a late
    // packet.
    if (!sessions_.ids_by_peer(remote).empty() || !quick_modes_.ids_by_peer(remote).empty()) return;
    if (sessions_.incomplete() >= kMaxStrays) return;
    const auto traffic = traffic_with(remote, local);
    if (!traffic) return;
    count(Reason::kStray);
    want({.traffic = *traffic});
}

// Its successor is negotiated; if the peer is alive, only that has been spent.
void Engine::suspect(QmSa& qm) {
    if (qm.superseded() || shutting_down_) return;
    qm.suspected = true;
    if (!exchange::is_peer_user(qm.traffic.impersonation_handle)) return rekey(qm);
    // Its user alone can negotiate a successor, and will when the peer is told.
    qm.tell_peer = true;
    quick_modes_.schedule(qm, exchange::kNever, now_ + lookup_->policy().keying.rekey_overlap);
}

void Engine::suspect_quick_modes_of(const exchange::MmSa& sa) {
    for (const std::uint64_t id : quick_modes_.ids_by_mm(sa.name.id)) {
        quick_modes_.find(id)->doomed |= sa.lifeless;
        suspects_.push_back(id);
    }
}

// The peer gave no sign of life, and now a new main mode goes unanswered: it is deemed dead (RFC 3706 5.5,
// MS-IKEE 3.12.4). Without the SAs its traffic begins a negotiation.
void Engine::bury(const exchange::Traffic& traffic) {
    for (const std::uint64_t id : quick_modes_.ids_by_traffic(traffic)) {
        if (quick_modes_.find(id)->doomed) remove_quick_mode(id, "its peer is dead", Notify::kNobody);
    }
}

// MS-IKEE 3.6.5: the peer had no SA when it sent its initial contact, so what this host had until then is
// dead. The contact may be old, and its sender know better by now: the peer is told, and the quick modes are
// rekeyed, not removed.
void Engine::replace_former(const Session& fresh) {
    bool found = false;
    for (const std::uint64_t id : sessions_.ids_by_peer(fresh.name.remote.address)) {
        Session& former = *sessions_.find(id);
        if (id == fresh.name.id || !former.established || former.closing ||
            former.last_heard >= fresh.started || !same_peer(fresh, former)) {
            continue;
        }
        former.replaced = true;
        suspect_quick_modes_of(former);
        former.close(*this);
        touch(former);
        found = true;
    }
    for (const std::uint64_t id : quick_modes_.ids_by_peer(fresh.name.remote.address)) {
        const QmSa& qm = *quick_modes_.find(id);
        if (qm.mm != 0 || qm.established >= fresh.started || qm.peer != fresh.proved_peer) continue;
        suspects_.push_back(id);
        found = true;
    }
    if (found) count(Reason::kRestartedPeer);
}

}  // namespace keyline::keyer
