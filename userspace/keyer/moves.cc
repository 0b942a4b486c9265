// Peers behind NATs that come from another address or port (RFC 3947 7). Only what was authenticated, an IKE
// message or an ESP packet, moves an SA; and to another address only where policy would have it negotiated.
#include "keyer/engine.h"

namespace keyline::keyer {

using exchange::MmSa;
using exchange::QmSa;
using exchange::Session;

void Engine::on(exchange::PeerMoved& event) {
    for (const std::uint64_t id : quick_modes_.ids_by_spi(policy::Direction::kInbound, event.spi)) {
        QmSa& qm = *quick_modes_.find(id);
        Session* session = qm.mm == 0 ? nullptr : sessions_.find(qm.mm);
        const bool alone = session == nullptr || session->deleted() || session->name.remote == event.remote;
        alone ? move_quick_mode(qm, event.remote) : peer_moved(*session, event.remote);
    }
}

void Engine::peer_moved(MmSa& sa, const Endpoint& remote) {
    Session& session = session_of(sa);
    const Endpoint from = session.name.remote;
    if (from == remote) return;
    if (from.address != remote.address && !still_allowed(session, remote.address)) {
        return report(exchange::Warning{from.to_string() + " has moved to " + remote.to_string() +
                                        ", where policy wants another peer or other proposals"});
    }
    sessions_.move(session, remote);
    report(exchange::MmMoved{session.name, from});
    for (const std::uint64_t id : quick_modes_.ids_by_mm(session.name.id))
        move_quick_mode(*quick_modes_.find(id), remote);
    // Those under way at another address are moved by their first packet from there.
    if (from.address == remote.address) session.peer_port_changed(*this);
    touch(session);
}

void Engine::move_quick_mode(QmSa& qm, const Endpoint& remote) {
    const IpAddress from = qm.traffic.remote;
    QmSa moved = qm;
    moved.traffic.move_to(remote.address);
    if (from != remote.address && !still_allowed(moved)) {
        return report(exchange::Warning{from.to_string() + " has moved to " + remote.to_string() +
                                        ", where no rule allows the SAs for " +
                                        qm.traffic.selector.to_string() + "; they stay behind"});
    }
    quick_modes_.move(qm, remote.address);
    act(exchange::MoveSa{policy::Direction::kInbound, qm.inbound_spi, from, remote});
    act(exchange::MoveSa{policy::Direction::kOutbound, qm.outbound_spi, from, remote});
}

}  // namespace keyline::keyer
