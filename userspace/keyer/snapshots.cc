// The databases as people see them.
#include <algorithm>
#include <chrono>

#include "keyer/engine.h"

namespace keyline::keyer {
namespace {

using exchange::Instant;
using std::chrono::duration_cast;
using std::chrono::seconds;

seconds until(Instant moment, Instant now) {
    return moment == exchange::kNever || moment <= now ? seconds(0) : duration_cast<seconds>(moment - now);
}

// What is left of such a negotiation tells which methods were tried and why each failed.
bool failed_to_authenticate(const exchange::MmSa& sa) {
    return !sa.established && !sa.method && !sa.failed_methods.empty();
}

}  // namespace

std::vector<exchange::MmSnapshot> Engine::main_modes(Instant now) const {
    std::vector<exchange::MmSnapshot> snapshots;
    for (const auto& [id, entry] : sessions_.all()) {
        const exchange::Session& session = *entry.session;
        if (session.deleted() && !failed_to_authenticate(session)) continue;
        snapshots.push_back(
            {.mm = session.name,
             .state = session.state_name(),
             .initiator_cookie = to_hex(session.initiator_cookie),
             .responder_cookie = to_hex(session.responder_cookie),
             .peer = session.proved_peer.empty() ? session.announced_peer : session.proved_peer,
             .proved = !session.proved_peer.empty(),
             .method = session.method,
             .failed_methods = session.failed_methods,
             .proposal = session.proposal,
             .credentials = session.credentials_used(),
             .extended_mode = session.extended_proof(),
             .impersonation_handle = session.impersonation_handle,
             .established = session.established,
             .nat = session.nat_found(),
             .age = duration_cast<seconds>(now - session.started),
             .remaining = until(session.expires, now),
             .quick_modes = live_quick_modes(session),
             .waiting = session.waiting.size()});
    }
    return snapshots;
}

std::vector<exchange::QmSnapshot> Engine::quick_modes(Instant now) const {
    std::vector<exchange::QmSnapshot> snapshots;
    for (const std::uint64_t id : quick_modes_.ids()) {
        const exchange::QmSa& qm = quick_modes_.all().at(id);
        snapshots.push_back({.mm = qm.mm,
                             .message_id = qm.message_id,
                             .inbound_spi = qm.inbound_spi,
                             .outbound_spi = qm.outbound_spi,
                             .local = qm.traffic.local,
                             .remote = qm.traffic.remote,
                             .mode = qm.traffic.mode,
                             .selector = qm.traffic.selector,
                             .suite = qm.suite,
                             .rule = qm.traffic.rule,
                             .peer = qm.peer,
                             .superseded = qm.superseded(),
                             .adopted = qm.adopted,
                             .age = duration_cast<seconds>(now - qm.established),
                             .remaining = until(qm.hard, now)});
    }
    return snapshots;
}

exchange::LimitsSnapshot Engine::limits() const {
    const std::size_t alive = static_cast<std::size_t>(std::ranges::count_if(
        sessions_.all(), [](const auto& entry) { return !entry.second.session->deleted(); }));
    return {.main_modes = alive,
            .incomplete = sessions_.incomplete(),
            .quick_modes = quick_modes_.size(),
            .auth_steps = steps_.size(),
            .dos_protection = dos_protection_};
}

}  // namespace keyline::keyer
