#include "datapath/stack_policies.h"

// The kernel's own headers: they do not go together with <netinet/in.h>.
#include <linux/in6.h>
#include <linux/xfrm.h>

namespace keyline::datapath {
namespace {

std::expected<void, XfrmError> put(const XfrmSocket& socket, const XfrmPolicy& policy) {
    NetlinkRequest request(XFRM_MSG_UPDPOLICY);
    put_policy(request, policy);
    return socket.send(request);
}

void take_away(const XfrmSocket& socket, const policy::Selector& selector) {
    NetlinkRequest request(XFRM_MSG_DELPOLICY);
    put_policy_name(request, {.direction = XfrmDirection::kOut, .selector = selector});
    (void)socket.send(request);
}

}  // namespace

std::expected<void, XfrmError> StackPolicies::lead(const XfrmSocket& socket, const XfrmPolicy& policy,
                                                   std::uint32_t index) {
    auto done = put(socket, policy);
    if (done) {
        leads_to_[policy.selector] = index;
    }
    return done;
}

bool StackPolicies::leads_to(const policy::Selector& selector, std::uint32_t index) const {
    const auto found = leads_to_.find(selector);
    return found != leads_to_.end() && found->second == index;
}

void StackPolicies::release(const XfrmSocket& socket, const policy::Selector& selector, std::uint32_t index) {
    if (!leads_to(selector, index)) {
        return;
    }
    leads_to_.erase(selector);
    const auto exempted = exemptions_.find(selector);
    if (exempted == exemptions_.end() || !put(socket, exempted->second)) {
        take_away(socket, selector);
    }
    if (leads_to_.empty()) {
        (void)exempt_only(socket, {});
    }
}

std::expected<void, XfrmError> StackPolicies::exempt(const XfrmSocket& socket,
                                                     const std::vector<XfrmPolicy>& exemptions) {
    for (const XfrmPolicy& exemption : exemptions) {
        const auto known = exemptions_.find(exemption.selector);
        const bool in_force = known != exemptions_.end() && known->second.priority == exemption.priority;
        exemptions_[exemption.selector] = exemption;
        if (in_force || leads_to_.contains(exemption.selector)) {
            continue;
        }
        if (auto done = put(socket, exemption); !done) {
            return done;
        }
    }
    return {};
}

std::expected<void, XfrmError> StackPolicies::exempt_only(const XfrmSocket& socket,
                                                          const std::vector<XfrmPolicy>& exemptions) {
    std::map<policy::Selector, XfrmPolicy> before = exemptions_;
    auto done = exempt(socket, exemptions);
    for (const XfrmPolicy& exemption : exemptions) {
        before.erase(exemption.selector);
    }
    for (const auto& [selector, exemption] : before) {
        exemptions_.erase(selector);
        if (!leads_to_.contains(selector)) {
            take_away(socket, selector);
        }
    }
    return done;
}

}  // namespace keyline::datapath
