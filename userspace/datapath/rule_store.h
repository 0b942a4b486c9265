// The SPD in the maps: rules with their shapes, and the selector table (shared/rule.h,
// shared/selector_table.h).
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <span>
#include <string>

#include "bpfmap/bpf_map.h"
#include "datapath/pins.h"
#include "policy/policy.h"
#include "shared/config.h"
#include "shared/rule.h"

namespace keyline::datapath {

class RuleStore {
  public:
    // `config` lives longer than this object.
    static std::expected<RuleStore, std::string> open(const Pins& pins, kl_config& config);

    std::expected<void, std::string> apply(const policy::Policy& policy);

    // The shape that leads packets to an SA with this selector, added to the rule when it has none such.
    // `of_user`: the SA belongs to a user.
    std::expected<kl_shape, std::string> shape_for(std::uint32_t rule, const policy::Selector& selector,
                                                   bool of_user);
    // Those that lead to the rule's SAs; unused ones are among them.
    std::span<const kl_shape> shapes(std::uint32_t rule) const { return rules_[rule].shapes; }
    // The shape whose slot key names acquires.
    kl_shape first_shape(std::uint32_t rule) const { return rules_[rule].shapes[0]; }

    // Whether the rule has negotiation discovery.
    bool has_discovery(std::uint32_t rule) const { return (rules_[rule].flags & KL_RULE_DISCOVER) != 0; }

    // Some SAs of the rule are the kernel's.
    void note_kernel(std::uint32_t rule);

    // Makes every flow be decided anew.
    void retire_flows();

  private:
    explicit RuleStore(kl_config& config) : config_(config) {}
    std::expected<void, std::string> swap_table(const policy::Policy& policy);
    void write(std::uint32_t id, const kl_rule& rule);

    std::reference_wrapper<kl_config> config_;
    bpfmap::Map selectors_;
    bpfmap::MappedArray<kl_rule> rules_;
};

}  // namespace keyline::datapath
