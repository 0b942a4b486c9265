#include "datapath/foreign_xfrm.h"

#include <algorithm>

#include "datapath/overlap.h"
#include "datapath/xfrm_numbers.h"
#include "datapath/xfrm_socket.h"

namespace keyline::datapath {
namespace {

constexpr std::size_t kMostConflicts = 16;

bool is_keylines(const XfrmPolicy& policy) {
    return is_keyline_id(policy.if_id) || is_keyline_priority(policy.priority);
}

// What is bound to an interface or a mark, our rules' packets do not meet. A policy that lets packets pass as
// they are keeps them from the policies that lead to kernel ESP; to the fast path it is no obstacle.
bool in_the_way(const XfrmPolicy& present, policy::Engine engine) {
    if (present.if_id != 0 || present.mark.value != 0) {
        return false;
    }
    if (present.wanted || present.blocks) {
        return true;
    }
    return present.direction == XfrmDirection::kOut && engine != policy::Engine::kFastpath;
}

const char* direction_name(XfrmDirection direction) {
    switch (direction) {
        case XfrmDirection::kIn:
            return "in";
        case XfrmDirection::kForward:
            return "fwd";
        case XfrmDirection::kOut:
            break;
    }
    return "out";
}

std::string describe(const XfrmPolicy& present, const policy::Rule& rule) {
    const std::string direction = direction_name(present.direction);
    const bool outbound = present.direction == XfrmDirection::kOut;
    return "rule \"" + rule.name + "\": an XFRM policy of somebody else (" + direction + ", " +
           present.selector.to_string() + ", priority " + std::to_string(present.priority) + ") " +
           (outbound ? "takes packets before the rule does" : "drops packets that the rule's SAs bring in") +
           ": `ip xfrm policy delete dir " + direction + " index " + std::to_string(present.index) +
           "`, or let a bypass rule before this one have that traffic";
}

const policy::Rule* first_rule_in_the_way_of(const policy::Policy& policy, const XfrmPolicy& present) {
    const auto meets = [&](const policy::Rule& rule) {
        return rule.action == policy::RuleAction::kProtect && in_the_way(present, rule.engine) &&
               std::ranges::any_of(rule.selectors, [&](const policy::Selector& selector) {
                   return overlap(selector, present.selector);
               });
    };
    const auto found = std::ranges::find_if(policy.rules, meets);
    return found != policy.rules.end() ? &*found : nullptr;
}

}  // namespace

std::vector<std::string> xfrm_conflicts(const policy::Policy& policy,
                                        const std::vector<XfrmPolicy>& present) {
    std::vector<std::string> conflicts;
    for (const XfrmPolicy& one : present) {
        if (is_keylines(one)) {
            continue;
        }
        const policy::Rule* const rule = first_rule_in_the_way_of(policy, one);
        if (rule != nullptr) {
            conflicts.push_back(describe(one, *rule));
        }
        if (conflicts.size() == kMostConflicts) {
            break;
        }
    }
    return conflicts;
}

std::expected<ForeignXfrm, std::string> find_foreign_xfrm(const policy::Policy& policy) {
    const auto socket = XfrmSocket::open();
    if (!socket) {
        return std::unexpected(socket.error());
    }
    const auto reqids = socket->list_reqids();
    const auto policies = socket->list_policies();
    if (!reqids || !policies) {
        return std::unexpected("the kernel does not list XFRM: " +
                               (reqids ? policies.error() : reqids.error()).text);
    }
    const auto ours = std::ranges::count_if(*policies, is_keylines);
    return ForeignXfrm{
        .states = reqids->size() - static_cast<std::size_t>(std::ranges::count_if(*reqids, is_keyline_id)),
        .policies = policies->size() - static_cast<std::size_t>(ours),
        .conflicts = xfrm_conflicts(policy, *policies)};
}

}  // namespace keyline::datapath
