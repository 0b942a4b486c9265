#include "datapath/slot_table.h"

#include <algorithm>

#include "datapath/convert.h"

namespace keyline::datapath {

std::expected<SlotTable, std::string> SlotTable::open(const Pins& pins, RuleStore& rules) {
    SlotTable table(rules);
    auto by_key = bpfmap::Map::open_pinned(pins.path("kl_slot_by_key"));
    auto slots = bpfmap::Map::open_pinned(pins.path("kl_slots"));
    if (!by_key || !slots) {
        return std::unexpected(by_key ? slots.error() : by_key.error());
    }
    auto mapped = bpfmap::MappedArray<kl_slot>::map(*slots, true);
    if (!mapped) {
        return std::unexpected(pins.path("kl_slots") + ": " + mapped.error());
    }
    table.by_key_ = std::move(*by_key);
    table.slots_ = std::move(*mapped);
    table.used_.assign(table.slots_.size(), false);
    table.used_[0] = true;
    table.by_key_.for_each_key<kl_slot_key>([&table](const kl_slot_key& key) {
        const auto slot = table.by_key_.lookup<std::uint32_t>(key);
        if (slot && *slot < table.used_.size()) {
            table.used_[*slot] = true;
        }
        return true;
    });
    return table;
}

std::expected<std::uint32_t, std::string> SlotTable::slot_for(const policy::SadEntry& entry) {
    const bool of_user = entry.impersonation_handle != 0;
    const auto shape = rules_.get().shape_for(entry.rule, entry.selector, of_user);
    if (!shape) {
        return std::unexpected(shape.error());
    }
    const kl_tuple tuple = selector_tuple(entry.selector);
    kl_slot_key key;
    kl_make_slot_key(&key, entry.rule, entry.impersonation_handle, &tuple, &*shape);
    if (const auto present = by_key_.lookup<std::uint32_t>(key)) {
        return *present;
    }
    const auto slot = free_slot();
    if (!slot) {
        return std::unexpected("all slots are taken: raise datapath.max_sas");
    }
    slots_[*slot] = {.sa = 0, .rule = entry.rule};
    if (const auto stored = by_key_.update(key, *slot); !stored) {
        return std::unexpected(stored.error());
    }
    used_[*slot] = true;
    return *slot;
}

void SlotTable::lead(std::uint32_t slot, std::uint32_t sa) {
    __atomic_store_n(&slots_[slot].sa, sa, __ATOMIC_RELEASE);
}

void SlotTable::release(std::uint32_t slot, std::uint32_t sa) {
    __atomic_compare_exchange_n(&slots_[slot].sa, &sa, 0, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

bool SlotTable::serves(std::uint32_t rule, const kl_tuple& packet, std::uint32_t user) const {
    return std::ranges::any_of(rules_.get().shapes(rule), [&](const kl_shape& shape) {
        if (kl_serves(&shape, user) == 0) return false;
        kl_slot_key key;
        kl_make_slot_key(&key, rule, user, &packet, &shape);
        const auto slot = by_key_.lookup<std::uint32_t>(key);
        return slot && *slot < slots_.size() && slots_[*slot].sa != 0;
    });
}

std::optional<std::uint32_t> SlotTable::free_slot() {
    for (const bool last_chance : {false, true}) {
        const auto free = std::ranges::find(used_, false);
        if (free != used_.end()) {
            return static_cast<std::uint32_t>(free - used_.begin());
        }
        if (!last_chance) {
            reclaim();
        }
    }
    return std::nullopt;
}

// A slot outlives its SA, so that a new one finds its flows. Before another key gets it, those flows must be
// void.
void SlotTable::reclaim() {
    std::vector<kl_slot_key> vacant;
    by_key_.for_each_key<kl_slot_key>([&](const kl_slot_key& key) {
        const auto slot = by_key_.lookup<std::uint32_t>(key);
        if (slot && *slot < slots_.size() && slots_[*slot].sa == 0) {
            vacant.push_back(key);
        }
        return true;
    });
    for (const kl_slot_key& key : vacant) {
        if (const auto slot = by_key_.lookup<std::uint32_t>(key)) {
            used_[*slot] = false;
        }
        by_key_.erase(key);
    }
    rules_.get().retire_flows();
}

}  // namespace keyline::datapath
