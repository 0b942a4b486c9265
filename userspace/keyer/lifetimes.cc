// Timers, and what limits do to quick modes: rekey at the soft ones, deletion at the hard ones, the overlap
// of old and new (MS-AIPS 3.1.6.5, 3.4.6.1, 3.4.7.2; interpretation item 33, Q12).
#include <algorithm>
#include <utility>

#include "keyer/engine.h"

namespace keyline::keyer {
namespace {

using exchange::Instant;
using exchange::kNever;
using exchange::QmSa;

constexpr std::chrono::seconds kRekeyRetry{30};  // after a rekey that came to nothing

// Both peers' soft limits come at once; the responder, who could only ask for the rekey, leaves the initiator
// a head start of a tenth of the time between soft and hard.
Instant soft_deadline(const QmSa& qm) {
    if (qm.role == exchange::Role::kInitiator || qm.soft == kNever || qm.hard == kNever) return qm.soft;
    return qm.soft + (qm.hard - qm.soft) / 10;
}

// Two quick modes that crossed: the peer's was finished here while this host's was under way. The two hosts
// then disagree about which is the newer one, so neither is taken for the other's rekey; both live until one
// is rekeyed.
bool crossed(const QmSa& newer, const QmSa& older) {
    if (older.established < newer.begun) return false;
    // Under one main mode SA only IKEv1's hosts both begin quick modes.
    if (newer.mm == older.mm) return newer.role != older.role;
    return newer.role == exchange::Role::kInitiator && older.role == exchange::Role::kResponder;
}

}  // namespace

void Engine::on(exchange::TimerExpired&) {
    armed_ = kNever;
    while (exchange::Session* session = sessions_.due(now_)) {
        session->expire(*this);
        touch(*session);
        settle();  // it is due later now, or gone
    }
    while (QmSa* qm = quick_modes_.due(now_))
        expire_quick_mode(*qm);
    give_up_expected();
    for (std::size_t lost = reassembly_.expire(now_); lost != 0; --lost)
        count(exchange::Reason::kFragmentsLost);
}

void Engine::on(exchange::SaExpired& event) {
    for (const std::uint64_t id : quick_modes_.ids_by_spi(event.direction, event.spi)) {
        if (event.hard) {
            end_of_life(*quick_modes_.find(id));
        } else {
            rekey(*quick_modes_.find(id));
        }
    }
}

void Engine::expire_quick_mode(QmSa& qm) {
    if (qm.remove <= now_) {
        return remove_quick_mode(qm.id, "superseded", qm.tell_peer ? Notify::kPeer : Notify::kNobody);
    }
    if (qm.hard <= now_) return end_of_life(qm);
    rekey(qm);
}

void Engine::end_of_life(const QmSa& qm) {
    if (!has_successor(qm)) {
        report(exchange::Warning{"the SAs for " + qm.traffic.selector.to_string() + " with " +
                                 qm.traffic.remote.to_string() +
                                 " end without successors; the log tells why their rekey failed"});
    }
    remove_quick_mode(qm.id, "lifetime over", Notify::kPeer);
}

bool Engine::has_successor(const QmSa& qm) {
    return std::ranges::any_of(quick_modes_.ids_by_traffic(qm.traffic), [&](std::uint64_t id) {
        return id > qm.id && !quick_modes_.find(id)->superseded();
    });
}

void Engine::rekey(QmSa& qm) {
    // Asked for again until it succeeds or the hard limit comes.
    quick_modes_.schedule(qm, qm.superseded() ? kNever : now_ + kRekeyRetry, qm.remove);
    if (qm.superseded() || shutting_down_) return;
    if (has_successor(qm)) return quick_modes_.schedule(qm, kNever, qm.remove);
    want({.traffic = qm.traffic, .rekey = true, .suspect = qm.suspected});
}

void Engine::supersede_older(const QmSa& qm) {
    QmSa& added = *quick_modes_.find(qm.id);
    quick_modes_.schedule(added, soft_deadline(added), kNever);
    const Instant end = now_ + lookup_->policy().keying.rekey_overlap;
    for (const std::uint64_t id : quick_modes_.ids_by_traffic(qm.traffic)) {
        QmSa& older = *quick_modes_.find(id);
        if (older.id == qm.id || older.superseded() || crossed(qm, older)) continue;
        // Q12: the responder notifies it. Under another main mode SA the peer may not know that it is the
        // older one.
        older.tell_peer =
            older.role == exchange::Role::kResponder || older.role != qm.role || older.mm != qm.mm;
        if (older.suspected) added.patience = older.patience;
        quick_modes_.schedule(older, kNever, end);
    }
}

void Engine::remove_quick_mode(std::uint64_t id, const std::string& reason, Notify notify) {
    const QmSa qm = quick_modes_.remove(id);
    spis_.erase(qm.inbound_spi);
    // Outbound first: nothing is sent that the peer could not answer any more.
    act(exchange::RemoveSa{policy::Direction::kOutbound, qm.outbound_spi, qm.traffic.remote});
    act(exchange::RemoveSa{policy::Direction::kInbound, qm.inbound_spi, qm.traffic.remote});
    report(exchange::QmDeleted{qm.inbound_spi, qm.outbound_spi, qm.traffic.selector, reason});
    exchange::Session* session = qm.mm == 0 ? nullptr : sessions_.find(qm.mm);
    if (session == nullptr) return;
    if (notify == Notify::kPeer) session->remove_quick_mode(*this, qm);
    // A main mode SA of the peer's making that a newer one has replaced is of no use any more.
    const auto ids = sessions_.ids_by_peer(session->name.remote.address);
    const bool replaced =
        !session->initiator() && !session->deleted() && std::ranges::any_of(ids, [&](std::uint64_t other) {
            return other > session->name.id && sessions_.find(other)->established;
        });
    if (replaced) session->closing = true;
    touch(*session);
}

}  // namespace keyline::keyer
