#include "keyer/quick_mode_table.h"

#include <algorithm>

namespace keyline::keyer {

using exchange::Instant;
using exchange::QmSa;

namespace {

template <typename Index, typename Key>
void erase_value(Index& index, const Key& key, std::uint64_t id) {
    const auto [first, last] = index.equal_range(key);
    const auto found = std::find_if(first, last, [&](const auto& entry) { return entry.second == id; });
    if (found != last) index.erase(found);
}

}  // namespace

QuickModeTable::Ends QuickModeTable::ends_of(const exchange::Traffic& traffic) {
    return {traffic.local, traffic.remote, traffic.mode, traffic.selector, traffic.impersonation_handle};
}

Instant QuickModeTable::moment_of(const QmSa& qm) { return std::min({qm.soft, qm.hard, qm.remove}); }

QmSa& QuickModeTable::add(QmSa qm) {
    qm.id = next_id_++;
    const std::uint64_t id = qm.id;
    by_inbound_spi_[qm.inbound_spi] = id;
    by_outbound_spi_.emplace(qm.outbound_spi, id);
    by_ends_.emplace(ends_of(qm.traffic), id);
    by_peer_.emplace(qm.traffic.remote, id);
    if (qm.mm != 0) by_mm_[{qm.mm, qm.message_id}] = id;
    due_.emplace(moment_of(qm), id);
    return by_id_.emplace(id, std::move(qm)).first->second;
}

QmSa QuickModeTable::remove(std::uint64_t id) {
    QmSa qm = std::move(by_id_.extract(id).mapped());
    erase_value(by_inbound_spi_, qm.inbound_spi, id);
    erase_value(by_outbound_spi_, qm.outbound_spi, id);
    erase_value(by_ends_, ends_of(qm.traffic), id);
    erase_value(by_peer_, qm.traffic.remote, id);
    if (qm.mm != 0) by_mm_.erase({qm.mm, qm.message_id});
    due_.erase({moment_of(qm), id});
    return qm;
}

QmSa* QuickModeTable::find(std::uint64_t id) {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : &found->second;
}

const QmSa* QuickModeTable::find(std::uint64_t mm, std::uint32_t message_id) const {
    const auto found = by_mm_.find({mm, message_id});
    return found == by_mm_.end() ? nullptr : &by_id_.at(found->second);
}

QmSa* QuickModeTable::find(std::uint64_t mm, std::uint32_t message_id) {
    const auto found = by_mm_.find({mm, message_id});
    return found == by_mm_.end() ? nullptr : find(found->second);
}

std::vector<std::uint64_t> QuickModeTable::ids_by_spi(policy::Direction direction, std::uint32_t spi) const {
    std::vector<std::uint64_t> ids;
    if (direction == policy::Direction::kInbound) {
        if (const auto found = by_inbound_spi_.find(spi); found != by_inbound_spi_.end())
            ids.push_back(found->second);
        return ids;
    }
    const auto [first, last] = by_outbound_spi_.equal_range(spi);
    for (auto entry = first; entry != last; ++entry)
        ids.push_back(entry->second);
    return ids;
}

std::vector<std::uint64_t> QuickModeTable::ids_by_traffic(const exchange::Traffic& traffic) const {
    std::vector<std::uint64_t> ids;
    const auto [first, last] = by_ends_.equal_range(ends_of(traffic));
    for (auto entry = first; entry != last; ++entry)
        ids.push_back(entry->second);
    return ids;
}

std::vector<std::uint64_t> QuickModeTable::ids_by_mm(std::uint64_t mm) const {
    std::vector<std::uint64_t> ids;
    for (auto entry = by_mm_.lower_bound({mm, 0}); entry != by_mm_.end() && entry->first.first == mm;
         ++entry) {
        ids.push_back(entry->second);
    }
    return ids;
}

std::vector<std::uint64_t> QuickModeTable::ids_by_peer(const IpAddress& remote) const {
    std::vector<std::uint64_t> ids;
    const auto [first, last] = by_peer_.equal_range(remote);
    for (auto entry = first; entry != last; ++entry)
        ids.push_back(entry->second);
    return ids;
}

std::vector<std::uint64_t> QuickModeTable::ids() const {
    std::vector<std::uint64_t> ids;
    for (const auto& entry : by_id_)
        ids.push_back(entry.first);
    std::ranges::sort(ids);  // a simulation must not depend on the order of a hash table
    return ids;
}

std::size_t QuickModeTable::count_by_mm(std::uint64_t mm) const { return ids_by_mm(mm).size(); }

void QuickModeTable::schedule(QmSa& qm, Instant soft, Instant remove) {
    due_.erase({moment_of(qm), qm.id});
    qm.soft = soft;
    qm.remove = remove;
    due_.emplace(moment_of(qm), qm.id);
}

void QuickModeTable::move(QmSa& qm, const IpAddress& remote) {
    erase_value(by_ends_, ends_of(qm.traffic), qm.id);
    erase_value(by_peer_, qm.traffic.remote, qm.id);
    qm.traffic.move_to(remote);
    by_peer_.emplace(qm.traffic.remote, qm.id);
    by_ends_.emplace(ends_of(qm.traffic), qm.id);
}

void QuickModeTable::orphan(QmSa& qm) {
    by_mm_.erase({qm.mm, qm.message_id});
    qm.mm = 0;
}

QmSa* QuickModeTable::due(Instant now) { return next_due() > now ? nullptr : find(due_.begin()->second); }

}  // namespace keyline::keyer
