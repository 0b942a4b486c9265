// The main mode SAs (MS-AIPS 3.1.1, MMSAD), found by cookie and address, by peer, and by what is due next.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "exchange/session.h"

namespace keyline::keyer {

// What MS-AIPS 3.3.7.1 counts; deleted SAs that answer repetitions are in neither.
struct PeerLoad {
    std::size_t established = 0;
    std::size_t in_progress = 0;
};

class SessionTable {
  public:
    // Names a new SA. Its cookies are indexed by `index`, once they are known.
    exchange::Session& add(std::unique_ptr<exchange::Session> session, exchange::Role role,
                           const Endpoint& local, const Endpoint& remote, exchange::Instant now);
    void index(const exchange::Session& session);
    void erase(std::uint64_t id);

    exchange::Session* find(std::uint64_t id);
    // The responder's cookie is the caller's to compare: at first it is unknown to one side.
    exchange::Session* find(const wire::Cookie& initiator_cookie, const IpAddress& remote);
    // By both cookies, wherever the peer is: what comes from there may be the peer's after a move.
    exchange::Session* find(const wire::Cookie& initiator_cookie, const wire::Cookie& responder_cookie);
    // The peer is there now.
    void move(exchange::Session& session, const Endpoint& remote);
    std::vector<std::uint64_t> ids_by_peer(const IpAddress& remote) const;
    std::vector<std::uint64_t> ids() const;
    std::size_t size() const { return by_id_.size(); }
    PeerLoad load(const IpAddress& remote) const;

    // Notes what has changed about the SA: when it is due, whether it is complete.
    void settle(const exchange::Session& session, exchange::Instant due);
    // Neither established nor deleted, of either role (MS-AIPS 3.1.7.6).
    std::size_t incomplete() const { return incomplete_; }
    exchange::Instant next_due() const { return due_.empty() ? exchange::kNever : due_.begin()->first; }
    // nullptr when none is due at `now`.
    exchange::Session* due(exchange::Instant now);

    const auto& all() const { return by_id_; }

  private:
    struct Entry {
        std::unique_ptr<exchange::Session> session;
        exchange::Instant due = exchange::kNever;
        bool incomplete = true;
    };
    using CookieKey = std::pair<wire::Cookie, IpAddress>;

    void forget_address(const exchange::Session& session);

    std::uint64_t next_id_ = 1;
    std::size_t incomplete_ = 0;
    std::map<std::uint64_t, Entry> by_id_;
    std::map<CookieKey, std::uint64_t> by_cookie_;
    std::map<IpAddress, std::set<std::uint64_t>> by_peer_;
    std::set<std::pair<exchange::Instant, std::uint64_t>> due_;
};

}  // namespace keyline::keyer
