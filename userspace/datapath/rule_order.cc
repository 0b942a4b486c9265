#include "datapath/rule_order.h"

#include <algorithm>

#include "datapath/overlap.h"
#include "shared/rule.h"
#include "shared/user_mark.h"

namespace keyline::datapath {
namespace {

constexpr std::uint32_t kPrioritiesOfRule = 512;
constexpr std::uint8_t kUdp = 17;
// Protocols with ports whose sockets do not take the mark of who opens a connection: UDP, SCTP and UDP-Lite.
constexpr std::uint8_t kUnmarked[] = {kUdp, 132, 136};

std::uint32_t specificity(const policy::Selector& selector) {
    return std::uint32_t{selector.local.length} + selector.remote.length + (selector.protocol != 0 ? 8 : 0) +
           (selector.local_port != 0 ? 8 : 0) + (selector.remote_port != 0 ? 8 : 0);
}

bool uses_kernel(const policy::Rule& rule) {
    return rule.action == policy::RuleAction::kProtect && rule.engine != policy::Engine::kFastpath;
}

}  // namespace

RuleOrder::RuleOrder(const policy::Policy& policy, std::uint32_t first_priority)
    : first_priority_(first_priority), ike_ports_{policy.host.port, policy.host.nat_port} {
    // Nobody asks about what follows the last rule whose SAs the kernel may have.
    const auto last = std::find_if(policy.rules.rbegin(), policy.rules.rend(), uses_kernel).base();
    std::uint32_t precedence = 0;
    for (const policy::Rule& rule : policy.rules) {
        places_[rule.id] = {precedence, selectors_.size(), rule.per_user, rule.offload};
        if (precedence < static_cast<std::uint32_t>(last - policy.rules.begin())) {
            for (const policy::Selector& selector : rule.selectors) {
                selectors_.push_back({selector, precedence});
            }
        }
        ++precedence;
    }
}

RuleOrder::Place RuleOrder::place_of(std::uint32_t rule) const {
    const auto found = places_.find(rule);
    // SAs of a rule that has gone end soon; until then every rule comes before them.
    return found != places_.end() ? found->second : Place{KL_MAX_RULES, selectors_.size()};
}

// The first of all is that of our own IKE.
std::uint32_t RuleOrder::first_priority(std::uint32_t precedence) const {
    return first_priority_ + 1 + precedence * kPrioritiesOfRule;
}

std::uint32_t RuleOrder::last_priority(std::uint32_t precedence) const {
    return first_priority(precedence) + kPrioritiesOfRule - 1;
}

std::uint32_t RuleOrder::priority_of(const policy::SadEntry& entry) const {
    return last_priority(place_of(entry.rule).precedence) - 1 - specificity(entry.selector);
}

std::uint32_t RuleOrder::raw_priority_of(const policy::SadEntry& entry) const {
    return last_priority(place_of(entry.rule).precedence) - 1;
}

std::vector<XfrmPolicy> RuleOrder::exemptions_for(const policy::SadEntry& entry) const {
    std::vector<XfrmPolicy> exemptions;
    for (const std::uint16_t port : ike_ports_) {
        exemptions.push_back({.direction = XfrmDirection::kOut,
                              .selector = {.local = Prefix::host(entry.local),
                                           .remote = Prefix::host(entry.remote),
                                           .protocol = kUdp,
                                           .local_port = port,
                                           .remote_port = 0},
                              .priority = first_priority_});
    }
    const Place place = place_of(entry.rule);
    for (const std::uint8_t protocol : kUnmarked) {
        if (entry.impersonation_handle == 0 || place.per_user ||
            (entry.selector.protocol != 0 && entry.selector.protocol != protocol)) {
            continue;
        }
        policy::Selector unmarked = entry.selector;
        unmarked.protocol = protocol;
        exemptions.push_back({.direction = XfrmDirection::kOut,
                              .selector = unmarked,
                              .mark = {.value = 0, .mask = KL_MARK_MASK},
                              .priority = first_priority(place.precedence)});
    }
    for (std::size_t i = 0; i < place.first_selector; ++i) {
        if (overlap(selectors_[i].selector, entry.selector)) {
            exemptions.push_back({.direction = XfrmDirection::kOut,
                                  .selector = selectors_[i].selector,
                                  .priority = last_priority(selectors_[i].precedence)});
        }
    }
    return exemptions;
}

}  // namespace keyline::datapath
