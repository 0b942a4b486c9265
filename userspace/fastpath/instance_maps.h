// The maps of an instance that the fast path reads and writes (shared/maps.h). keylined makes them; the
// workers share one InstanceMaps.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "bpfmap/bpf_map.h"
#include "shared/config.h"
#include "shared/flow.h"
#include "shared/port.h"
#include "shared/rule.h"
#include "shared/sa.h"
#include "shared/slot.h"
#include "shared/user_mark.h"
#include "shared/worker.h"

namespace keyline::fastpath {

// "/sys/fs/bpf/keyline/INSTANCE"
std::string pin_directory(std::string_view instance);

class InstanceMaps {
  public:
    // An error says what is missing: the instance, the right to use it, or agreement on the layout of a map.
    static std::expected<InstanceMaps, std::string> open(std::string_view instance);

    kl_config& config() const { return config_[0]; }
    std::span<kl_port> ports() const { return {&ports_[0], ports_.size()}; }
    std::span<kl_sa_state> sa_state() const { return {&sa_state_[0], sa_state_.size()}; }
    std::span<const kl_slot> slots() const { return {&slots_[0], slots_.size()}; }
    std::span<const kl_rule> rules() const { return {&rules_[0], rules_.size()}; }
    const kl_user_marks& user_marks() const { return user_marks_[0]; }
    std::span<kl_worker_counters> counters() const { return {&counters_[0], counters_.size()}; }

    const bpfmap::Map& xsks() const { return xsks_; }
    const bpfmap::Map& sas() const { return sas_; }
    const bpfmap::Map& sa_keys() const { return sa_keys_; }
    const bpfmap::Map& sa_by_spi() const { return sa_by_spi_; }
    const bpfmap::Map& slot_by_key() const { return slot_by_key_; }
    const bpfmap::Map& connections() const { return connections_; }
    const bpfmap::Map& mark_by_user() const { return mark_by_user_; }

    // False when keylined has removed these maps, or put others in their place.
    bool is_current() const;
    // A worker that was killed may have held the lock of a replay window. To be called before the first
    // worker starts.
    void break_locks() const;

  private:
    std::string instance_;
    std::uint32_t config_id_ = 0;  // the kernel's number of the map; it is never used again
    bpfmap::Map xsks_, sas_, sa_keys_, sa_by_spi_, slot_by_key_, connections_, mark_by_user_;
    bpfmap::MappedArray<kl_config> config_;
    bpfmap::MappedArray<kl_port> ports_;
    bpfmap::MappedArray<kl_sa_state> sa_state_;
    bpfmap::MappedArray<kl_slot> slots_;
    bpfmap::MappedArray<kl_rule> rules_;
    bpfmap::MappedArray<kl_user_marks> user_marks_;
    bpfmap::MappedArray<kl_worker_counters> counters_;
};

}  // namespace keyline::fastpath
