// The slots that lead packets to outbound SAs (shared/slot.h).
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bpfmap/bpf_map.h"
#include "datapath/pins.h"
#include "datapath/rule_store.h"
#include "policy/sad_entry.h"
#include "shared/slot.h"

namespace keyline::datapath {

class SlotTable {
  public:
    // Opens the maps and takes over the slots in them. `rules` lives longer than this object.
    static std::expected<SlotTable, std::string> open(const Pins& pins, RuleStore& rules);

    // That of the packets of an outbound SA, made when there is none.
    std::expected<std::uint32_t, std::string> slot_for(const policy::SadEntry& entry);
    // From now on the slot leads to this SA.
    void lead(std::uint32_t slot, std::uint32_t sa);
    // To none; without effect when a newer SA has taken the slot over.
    void release(std::uint32_t slot, std::uint32_t sa);
    // Whether a packet of the rule has an SA.
    bool serves(std::uint32_t rule, const kl_tuple& packet, std::uint32_t user) const;

  private:
    explicit SlotTable(RuleStore& rules) : rules_(rules) {}
    std::optional<std::uint32_t> free_slot();
    void reclaim();

    std::reference_wrapper<RuleStore> rules_;
    bpfmap::Map by_key_;
    bpfmap::MappedArray<kl_slot> slots_;
    std::vector<bool> used_;
};

}  // namespace keyline::datapath
