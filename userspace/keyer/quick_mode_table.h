// The established quick modes (MS-AIPS 3.1.1, SAD), found by SPI, by traffic, by main mode SA and by what is
// due next.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "exchange/quick_mode.h"

namespace keyline::keyer {

class QuickModeTable {
  public:
    // Takes the quick mode in and gives it its id.
    exchange::QmSa& add(exchange::QmSa qm);
    exchange::QmSa remove(std::uint64_t id);

    // nullptr when there is none.
    exchange::QmSa* find(std::uint64_t id);
    exchange::QmSa* find(std::uint64_t mm, std::uint32_t message_id);
    const exchange::QmSa* find(std::uint64_t mm, std::uint32_t message_id) const;

    // Outbound SPIs are the peers' and unique only with them.
    std::vector<std::uint64_t> ids_by_spi(policy::Direction direction, std::uint32_t spi) const;
    // Those of the same selectors, mode, ends and user, whatever their rule: a new one counts as their rekey
    // (Q12).
    std::vector<std::uint64_t> ids_by_traffic(const exchange::Traffic& traffic) const;
    std::vector<std::uint64_t> ids_by_mm(std::uint64_t mm) const;
    std::vector<std::uint64_t> ids_by_peer(const IpAddress& remote) const;
    std::vector<std::uint64_t> ids() const;
    std::size_t count_by_mm(std::uint64_t mm) const;
    std::size_t size() const { return by_id_.size(); }
    const std::unordered_map<std::uint64_t, exchange::QmSa>& all() const { return by_id_; }

    // Sets the moments of an entry; `due` follows them.
    void schedule(exchange::QmSa& qm, exchange::Instant soft, exchange::Instant remove);
    // The peer is there now.
    void move(exchange::QmSa& qm, const IpAddress& remote);
    // Its main mode SA is gone.
    void orphan(exchange::QmSa& qm);

    // The earliest moment of any quick mode; kNever when there is none.
    exchange::Instant next_due() const { return due_.empty() ? exchange::kNever : due_.begin()->first; }
    // The quick mode that is due at `now`, or nullptr.
    exchange::QmSa* due(exchange::Instant now);

  private:
    using Ends = std::tuple<IpAddress, IpAddress, policy::Mode, policy::Selector, std::uint32_t>;
    static Ends ends_of(const exchange::Traffic& traffic);
    static exchange::Instant moment_of(const exchange::QmSa& qm);

    std::uint64_t next_id_ = 1;
    std::unordered_map<std::uint64_t, exchange::QmSa> by_id_;
    std::unordered_map<std::uint32_t, std::uint64_t> by_inbound_spi_;
    std::unordered_multimap<std::uint32_t, std::uint64_t> by_outbound_spi_;
    std::multimap<Ends, std::uint64_t> by_ends_;
    std::multimap<IpAddress, std::uint64_t> by_peer_;
    std::map<std::pair<std::uint64_t, std::uint32_t>, std::uint64_t>
        by_mm_;  // and message ID; not the orphans
    std::set<std::pair<exchange::Instant, std::uint64_t>> due_;
};

}  // namespace keyline::keyer
