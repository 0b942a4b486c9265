#include "keyer/engine.h"

#include <algorithm>
#include <utility>

#include "crypto/hash.h"
#include "exchange/qm_proposal.h"

namespace keyline::keyer {
namespace {

using exchange::Instant;
using exchange::MmSa;
using exchange::QmRequest;
using exchange::QmSa;
using exchange::Session;

// Refused initiators that may still repeat a message (S11). More than this are forgotten at once, oldest
// first.
constexpr std::size_t kMaxDeleted = 1000;

}  // namespace

Engine::Engine(std::shared_ptr<const policy::Policy> policy,
               std::vector<std::shared_ptr<auth::Method>> methods, crypto::RandomSource& random)
    : lookup_(std::make_unique<policy::Lookup>(std::move(policy))),
      methods_(std::move(methods)),
      random_(random),
      dos_cookies_(random) {}

exchange::Actions Engine::handle(exchange::Event event, Instant now) {
    now_ = now;
    std::visit([this](auto& kind) { on(kind); }, event);
    settle();
    protect_from_flood();
    arm();
    return std::exchange(actions_, {});
}

auth::Method* Engine::method(auth::MethodId id) const {
    const auto found = std::ranges::find_if(methods_, [&](const auto& method) { return method->id() == id; });
    return found == methods_.end() ? nullptr : found->get();
}

std::uint32_t Engine::new_spi() {
    for (;;) {
        std::array<std::uint8_t, 4> octets;
        random_.fill(octets);
        const std::uint32_t spi = load_be32(octets.data());
        if (spi >= exchange::kMinSpi && spis_.insert(spi).second) return spi;
    }
}

void Engine::start_step(MmSa& sa, std::shared_ptr<auth::Context> context, auth::StepInput input) {
    const std::uint64_t step = next_step_++;
    steps_.emplace(step, sa.name.id);
    act(exchange::StartAuthStep{step, std::move(context), std::move(input)});
}

void Engine::mm_established(MmSa& sa) {
    Session& session = session_of(sa);
    session.expires = now_ + session.lifetime();
    if (session.local_behind_nat) session.keepalive_at = now_ + lookup_->policy().keying.nat_keepalive;
    report(exchange::MmEstablished{.mm = session.name,
                                   .peer = session.proved_peer,
                                   .method = *session.method,
                                   .proposal = session.proposal,
                                   .nat = session.nat_found(),
                                   .credentials = session.credentials_used(),
                                   .extended_mode = session.extended_proof(),
                                   .impersonation_handle = session.impersonation_handle});
    if (session.peer_announced.initial_contact) initial_contacts_.push_back(session.name.id);
}

// Numbers from names, so that SAs that outlive the daemon keep theirs.
std::uint32_t Engine::handle_of_user(const std::string& name) {
    const auto known = peer_users_.find(name);
    if (known != peer_users_.end()) return known->second;
    const Bytes digest = crypto::hash(crypto::HashAlgorithm::kSha256, {as_bytes(name)});
    std::uint32_t handle = load_be32(digest.data()) | exchange::kPeerUsers;
    const auto taken = [&](std::uint32_t value) {
        return std::ranges::any_of(peer_users_, [&](const auto& user) { return user.second == value; });
    };
    while (taken(handle))
        handle = (handle + 1) | exchange::kPeerUsers;
    return peer_users_.emplace(name, handle).first->second;
}

void Engine::mm_closing(MmSa& sa) {
    touch(sa);
    if (sa.replaced) {
        std::ranges::move(sa.waiting, std::back_inserter(homeless_));
    } else {
        want_again({std::make_move_iterator(sa.waiting.begin()), std::make_move_iterator(sa.waiting.end())});
    }
    sa.waiting.clear();
    want_asked_again(sa);
}

void Engine::mm_ended(MmSa& sa, const std::string& text) {
    const bool was_established = sa.established;
    if (was_established) {
        if (sa.lost) suspect_quick_modes_of(sa);
        mm_closing(sa);
    } else if (!try_again(session_of(sa))) {
        end_beside(sa, text);
    }
    report(exchange::MmDeleted{sa.name, text});
    touch(sa);
    limit_deleted(session_of(sa));
}

void Engine::qm_established(MmSa& sa, QmSa qm, const QmRequest* request) {
    const QmSa& added = quick_modes_.add(std::move(qm));
    supersede_older(added);
    if (request != nullptr) succeed(*request);
    serve_expected(added);
    touch(sa);
}

void Engine::qm_failed(MmSa& sa, QmRequest request, const std::string& text) {
    fail(request, text);
    touch(sa);
}

void Engine::qm_deleted_by_peer(MmSa& sa, std::uint32_t message_id) {
    if (const QmSa* qm = quick_modes_.find(sa.name.id, message_id)) {
        remove_quick_mode(qm->id, "deleted by the peer", Notify::kNobody);
    }
}

void Engine::qm_deleted_by_spi(MmSa& sa, std::uint32_t outbound_spi) {
    for (const std::uint64_t id : quick_modes_.ids_by_spi(policy::Direction::kOutbound, outbound_spi)) {
        if (quick_modes_.find(id)->traffic.remote != sa.name.remote.address) continue;
        remove_quick_mode(id, "deleted by the peer", Notify::kNobody);
    }
}

std::size_t Engine::live_quick_modes(const MmSa& sa) const { return quick_modes_.count_by_mm(sa.name.id); }

bool Engine::has_sa_with(const IpAddress& remote) const {
    return sessions_.load(remote).established != 0 || !quick_modes_.ids_by_peer(remote).empty();
}

bool Engine::sends_under(const IpAddress& remote, std::uint32_t spi) const {
    return std::ranges::any_of(
        quick_modes_.ids_by_spi(policy::Direction::kOutbound, spi),
        [&](std::uint64_t id) { return quick_modes_.all().at(id).traffic.remote == remote; });
}

bool Engine::has_quick_mode(const MmSa& sa, std::uint32_t message_id) const {
    return quick_modes_.find(sa.name.id, message_id) != nullptr;
}

// What an event has made possible elsewhere: notifies and quick modes that waited, requests whose SA has
// ended.
void Engine::settle() {
    while (!touched_.empty() || !homeless_.empty() || !suspects_.empty() || !initial_contacts_.empty()) {
        if (!initial_contacts_.empty()) {
            const std::uint64_t id = initial_contacts_.front();
            initial_contacts_.pop_front();
            if (const Session* fresh = sessions_.find(id)) replace_former(*fresh);
            continue;
        }
        if (!suspects_.empty()) {
            const std::uint64_t id = suspects_.front();
            suspects_.pop_front();
            if (QmSa* qm = quick_modes_.find(id)) suspect(*qm);
            continue;
        }
        if (!homeless_.empty()) {
            QmRequest request = std::move(homeless_.front());
            homeless_.pop_front();
            want(std::move(request));
            continue;
        }
        const std::uint64_t id = touched_.extract(touched_.begin()).value();
        if (Session* session = sessions_.find(id)) settle(*session);
    }
    if (!shutting_down_ || shutdown_reported_) return;
    const bool owed =
        std::ranges::any_of(sessions_.all(), [](const auto& entry) { return entry.second.session->owes(); });
    if (owed) return;
    shutdown_reported_ = true;
    report(exchange::ShutdownDone{});
}

void Engine::settle(Session& session) {
    decide_beside(session);
    session.pump(*this);
    review_expected(session);
    const bool unused =
        session.established && session.closing && live_quick_modes(session) == 0 && !session.negotiating();
    if (unused && session.closed_by_peer) {
        session.end(*this, "deleted by the peer");
    } else if (unused) {
        session.remove(*this, exchange::Deletion::kDeleted, {}, "its quick modes are gone");
    }
    if (session.forgettable(now_)) {
        for (const std::uint64_t id : quick_modes_.ids_by_mm(session.name.id)) {
            quick_modes_.orphan(*quick_modes_.find(id));
        }
        return sessions_.erase(session.name.id);
    }
    sessions_.settle(session, session.next_deadline(lookup_->policy().keying));
}

void Engine::arm() {
    const Instant next = std::min({sessions_.next_due(), quick_modes_.next_due(), next_expected(),
                                   cookies_turn_, reassembly_.next_due()});
    if (next == armed_ || next == exchange::kNever) return;
    armed_ = next;
    act(exchange::ArmTimer{next});
}

void Engine::limit_deleted(const Session& session) {
    if (session.initiator() || session.established) return;
    deleted_.push_back(session.name.id);
    if (deleted_.size() <= kMaxDeleted) return;
    // Not erased here: the exchange that ended may still hold it.
    if (Session* oldest = sessions_.find(deleted_.front())) {
        oldest->forget(now_);
        touch(*oldest);
    }
    deleted_.pop_front();
}

}  // namespace keyline::keyer
