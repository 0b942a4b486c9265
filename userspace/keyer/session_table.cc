#include "keyer/session_table.h"

namespace keyline::keyer {

using exchange::Instant;
using exchange::Session;

Session& SessionTable::add(std::unique_ptr<Session> session, exchange::Role role, const Endpoint& local,
                           const Endpoint& remote, Instant now) {
    const std::uint64_t id = next_id_++;
    session->name = {.id = id, .role = role, .local = local, .remote = remote};
    session->started = session->last_heard = now;
    by_peer_[remote.address].insert(id);
    ++incomplete_;
    return *by_id_.emplace(id, Entry{std::move(session)}).first->second.session;
}

void SessionTable::index(const Session& session) {
    by_cookie_[{session.initiator_cookie, session.name.remote.address}] = session.name.id;
}

void SessionTable::erase(std::uint64_t id) {
    const auto entry = by_id_.find(id);
    if (entry == by_id_.end()) return;
    forget_address(*entry->second.session);
    due_.erase({entry->second.due, id});
    if (entry->second.incomplete) --incomplete_;
    by_id_.erase(entry);
}

void SessionTable::forget_address(const Session& session) {
    const IpAddress& remote = session.name.remote.address;
    const auto cookie = by_cookie_.find({session.initiator_cookie, remote});
    if (cookie != by_cookie_.end() && cookie->second == session.name.id) by_cookie_.erase(cookie);
    const auto peer = by_peer_.find(remote);
    peer->second.erase(session.name.id);
    if (peer->second.empty()) by_peer_.erase(peer);
}

Session* SessionTable::find(std::uint64_t id) {
    const auto entry = by_id_.find(id);
    return entry == by_id_.end() ? nullptr : entry->second.session.get();
}

Session* SessionTable::find(const wire::Cookie& initiator_cookie, const IpAddress& remote) {
    const auto found = by_cookie_.find({initiator_cookie, remote});
    return found == by_cookie_.end() ? nullptr : find(found->second);
}

Session* SessionTable::find(const wire::Cookie& initiator_cookie, const wire::Cookie& responder_cookie) {
    for (auto entry = by_cookie_.lower_bound({initiator_cookie, IpAddress{}});
         entry != by_cookie_.end() && entry->first.first == initiator_cookie; ++entry) {
        Session* session = find(entry->second);
        if (session->responder_cookie == responder_cookie) return session;
    }
    return nullptr;
}

void SessionTable::move(Session& session, const Endpoint& remote) {
    if (session.name.remote.address != remote.address) {
        forget_address(session);
        by_peer_[remote.address].insert(session.name.id);
        by_cookie_[{session.initiator_cookie, remote.address}] = session.name.id;
    }
    session.name.remote = remote;
}

std::vector<std::uint64_t> SessionTable::ids_by_peer(const IpAddress& remote) const {
    const auto peer = by_peer_.find(remote);
    return peer == by_peer_.end() ? std::vector<std::uint64_t>{}
                                  : std::vector<std::uint64_t>(peer->second.begin(), peer->second.end());
}

std::vector<std::uint64_t> SessionTable::ids() const {
    std::vector<std::uint64_t> ids;
    for (const auto& entry : by_id_)
        ids.push_back(entry.first);
    return ids;
}

PeerLoad SessionTable::load(const IpAddress& remote) const {
    PeerLoad load;
    const auto peer = by_peer_.find(remote);
    if (peer == by_peer_.end()) return load;
    for (const std::uint64_t id : peer->second) {
        const Session& session = *by_id_.at(id).session;
        if (session.established) {
            ++load.established;
        } else if (!session.deleted()) {
            ++load.in_progress;
        }
    }
    return load;
}

void SessionTable::settle(const Session& session, Instant due) {
    Entry& entry = by_id_.at(session.name.id);
    if (entry.due != due) {
        due_.erase({entry.due, session.name.id});
        entry.due = due;
        if (due != exchange::kNever) due_.emplace(due, session.name.id);
    }
    const bool incomplete = !session.established && !session.deleted();
    if (entry.incomplete != incomplete) incomplete ? ++incomplete_ : --incomplete_;
    entry.incomplete = incomplete;
}

Session* SessionTable::due(Instant now) { return next_due() > now ? nullptr : find(due_.begin()->second); }

}  // namespace keyline::keyer
