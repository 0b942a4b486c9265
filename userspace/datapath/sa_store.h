// The SAD in the maps: SAs, their keys and state, and SPIs (shared/sa.h).
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bpfmap/bpf_map.h"
#include "datapath/cpu_spread.h"
#include "datapath/datapath.h"
#include "datapath/kernel_engine.h"
#include "datapath/packet_counters.h"
#include "datapath/pins.h"
#include "datapath/rule_order.h"
#include "datapath/rule_store.h"
#include "datapath/secure_watch.h"
#include "datapath/silence.h"
#include "datapath/slot_table.h"
#include "datapath/user_marks.h"

namespace keyline::datapath {

class SaStore {
  public:
    // Opens the maps and takes over the SAs in them. `config` and `rules` live longer than this object, as
    // what `kernel` refers to does.
    static std::expected<SaStore, std::string> open(const Pins& pins, kl_config& config, RuleStore& rules,
                                                    KernelEngine kernel, UserMarks marks);

    std::expected<void, std::string> install(const policy::SadEntry& entry);
    bool remove(policy::Direction direction, std::uint32_t spi, const IpAddress& remote);
    std::expected<void, std::string> move(policy::Direction direction, std::uint32_t spi,
                                          const IpAddress& from, const Endpoint& to);
    // Whether a packet of the rule has an outbound SA.
    bool serves(std::uint32_t rule, const kl_tuple& packet, std::uint32_t user) const {
        return slots_.serves(rule, packet, user);
    }
    SaEvents events();
    std::vector<SaSilence> quiet();
    // Whether the kernel has ESP between addresses of this family, and what negotiation discovery wants of
    // it.
    std::expected<void, std::string> kernel_esp(Family family, bool discovers);
    // From now on the kernel tells users apart, if it can.
    std::expected<void, std::string> admit_users();
    // A policy has come into force: SAs change to the engines of their rules, and the kernel's policies take
    // the order of the rules. The errors are of SAs that stay where they are.
    std::vector<std::string> follow(const policy::Policy& policy);
    // Datapath::restore_interfaces(), of the interfaces that lead to kernel SAs.
    std::vector<std::string> restore_interfaces(std::optional<std::uint32_t> gone);
    // Copies what the kernel counts of its SAs into the maps.
    void read_kernel();

  private:
    // What is kept of an installed SA to find it again.
    struct Known {
        std::uint32_t index = 0;
        kl_sa sa{};
        std::uint64_t source = 0;  // inbound: where the peer was last reported to be (kl_sa_state)
        bool soft_reported = false, hard_reported = false;
        Use use;
    };
    struct Name {
        policy::Direction direction;
        std::uint32_t spi;
        IpAddress remote;
        auto operator<=>(const Name&) const = default;
    };

    SaStore(const Pins& pins, kl_config& config, RuleStore& rules, SlotTable slots, KernelEngine kernel,
            UserMarks marks)
        : config_(config),
          rules_(rules),
          kernel_(std::move(kernel)),
          watch_(pins),
          marks_(std::move(marks)),
          slots_(std::move(slots)) {}
    void adopt();
    std::optional<std::uint32_t> free_index();
    std::expected<void, std::string> write(std::uint32_t index, const kl_sa& sa,
                                           const policy::SadEntry& entry);
    std::expected<void, std::string> kernel_esp(const policy::SadEntry& entry) {
        return kernel_esp(entry.local.family(), rules_.get().has_discovery(entry.rule));
    }
    std::expected<kl_engine, std::string> engine_for(const policy::SadEntry& entry);
    std::vector<XfrmPolicy> reorder(Known& known);
    std::expected<KernelEngine::Installation, std::string> installation_of(const policy::SadEntry& entry,
                                                                           std::uint32_t index);
    std::expected<void, std::string> hand_to_kernel(std::uint32_t index, kl_sa& sa,
                                                    const policy::SadEntry& entry, XfrmProgress progress);
    std::expected<void, std::string> move_in_kernel(const Known& known, kl_sa& sa, policy::SadEntry& moved);
    std::expected<bool, std::string> restore_interface(Known& known);
    std::expected<void, std::string> change_engine(Known& known, policy::Engine wanted);
    // As it was installed.
    policy::SadEntry with_keys(std::uint32_t index, const kl_sa& sa) const;
    Known* find_kernel(const XfrmSaName& wanted);
    std::expected<void, std::string> publish(const kl_sa& sa, std::uint32_t index);
    void unpublish(const Known& known);
    void erase(std::uint32_t index);
    void take_kernel_events();
    void take_expiry(const XfrmExpiry& expiry);
    void take_mapping(const XfrmMapping& mapping);
    // Puts what leads to kernel SAs into the kernel again.
    void renew_policies();
    void take_kernel_counts(std::uint32_t index, const XfrmSa& sa);
    // The SA as the kernel has it, whose counts are taken; nullopt when it does not have it any more.
    std::optional<XfrmSa> settle_with_kernel(const policy::SadEntry& entry, std::uint32_t index);
    std::optional<SaExpiry> check(const Name& name, Known& known, std::uint64_t now) const;
    static Name name_of(const kl_sa& sa);
    static std::string describe(const Name& name);

    std::reference_wrapper<kl_config> config_;
    std::reference_wrapper<RuleStore> rules_;
    KernelEngine kernel_;
    SecureWatch watch_;
    CpuSpread cpus_;
    PacketCounters dropped_;
    UserMarks marks_;
    RuleOrder order_;
    bpfmap::Map sas_, keys_, by_spi_;
    bpfmap::MappedArray<kl_sa_state> state_;
    SlotTable slots_;
    std::map<Name, Known> known_;
    std::vector<bool> index_used_;
    std::uint32_t sa_events_seen_ = 0;
    std::uint64_t kernel_read_at_ = 0;  // CLOCK_MONOTONIC nanoseconds
    std::uint64_t next_deadline_ = 0;   // CLOCK_REALTIME seconds of the next limit in seconds
};

}  // namespace keyline::datapath
