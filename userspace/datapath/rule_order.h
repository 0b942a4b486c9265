// The order of rules, as the kernel's own policies must keep it: they know nothing of TC's.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "datapath/xfrm_message.h"
#include "policy/policy.h"
#include "policy/sad_entry.h"

namespace keyline::datapath {

class RuleOrder {
  public:
    RuleOrder() = default;
    // `first_priority`: of the instance's (xfrm_numbers.h).
    RuleOrder(const policy::Policy& policy, std::uint32_t first_priority);

    // Whether the rule asks whose this host's sockets are; false when there is no such rule.
    bool is_per_user(std::uint32_t rule) const { return place_of(rule).per_user; }
    // What the rule wants of devices; nothing when there is no such rule.
    policy::Offload offload_of(std::uint32_t rule) const { return place_of(rule).offload; }

    // Of the policy that leads to this SA: rules in their order, and narrower SAs of a rule first.
    std::uint32_t priority_of(const policy::SadEntry& entry) const;
    // Of the policy that leads to it what raw sockets send: behind those that other packets meet.
    std::uint32_t raw_priority_of(const policy::SadEntry& entry) const;
    // Policies that keep the stack from sealing, by this SA, what an earlier rule covers, which TC decides
    // about, and our own IKE messages to the peer, which may have lost the SA. Before the SA of a peer's
    // user, also what this host may answer that user by, and no mark tells.
    std::vector<XfrmPolicy> exemptions_for(const policy::SadEntry& entry) const;

  private:
    struct Place {
        std::uint32_t precedence = 0;
        std::size_t first_selector = 0;  // in selectors_; those before it are of earlier rules
        bool per_user = false;
        policy::Offload offload = policy::Offload::kNone;
    };
    struct Ordered {
        policy::Selector selector;
        std::uint32_t precedence = 0;
    };

    Place place_of(std::uint32_t rule) const;
    std::uint32_t first_priority(std::uint32_t precedence) const;
    std::uint32_t last_priority(std::uint32_t precedence) const;

    std::uint32_t first_priority_ = 0;
    std::unordered_map<std::uint32_t, Place> places_;  // by rule id
    std::vector<Ordered> selectors_;
    std::vector<std::uint16_t> ike_ports_;
};

}  // namespace keyline::datapath
