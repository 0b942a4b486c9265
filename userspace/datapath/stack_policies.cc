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

void take_away(const XfrmSocket& socket, const policy::Selector& selector, const XfrmMark& mark) {
    NetlinkRequest request(XFRM_MSG_DELPOLICY);
    put_policy_name(request, {.direction = XfrmDirection::kOut, .selector = selector, .mark = mark});
    (void)socket.send(request);
}

}  // namespace

std::expected<void, XfrmError> StackPolicies::lead(const XfrmSocket& socket, const XfrmPolicy& policy,
                                                   std::uint32_t index) {
    auto done = put(socket, policy);
    if (done) {
        const auto known = keys_.find(index);
        if (known != keys_.end() && known->second != key_of(policy)) {
            forget(socket, index);
        }
        adopt(policy, index);
    }
    return done;
}

void StackPolicies::adopt(const XfrmPolicy& policy, std::uint32_t index) {
    leads_to_[key_of(policy)] = index;
    keys_[index] = key_of(policy);
}

bool StackPolicies::leads_to(std::uint32_t index) const {
    const auto known = keys_.find(index);
    if (known == keys_.end()) {
        return false;
    }
    const auto led = leads_to_.find(known->second);
    return led != leads_to_.end() && led->second == index;
}

void StackPolicies::forget(const XfrmSocket& socket, std::uint32_t index) {
    const bool leads = leads_to(index);
    const Key key = keys_.at(index);
    keys_.erase(index);
    if (!leads) {
        return;
    }
    leads_to_.erase(key);
    const auto exempted = exemptions_.find(key);
    if (exempted == exemptions_.end() || !put(socket, exempted->second)) {
        take_away(socket, key.selector, key.mark);
    }
}

void StackPolicies::release(const XfrmSocket& socket, std::uint32_t index) {
    if (!keys_.contains(index)) {
        return;
    }
    forget(socket, index);
    if (leads_to_.empty()) {
        (void)exempt_only(socket, {});
    }
}

std::expected<void, XfrmError> StackPolicies::exempt(const XfrmSocket& socket,
                                                     const std::vector<XfrmPolicy>& exemptions) {
    for (const XfrmPolicy& exemption : exemptions) {
        const Key key = key_of(exemption);
        const auto known = exemptions_.find(key);
        const bool in_force = known != exemptions_.end() && known->second.priority == exemption.priority;
        exemptions_[key] = exemption;
        if (in_force || leads_to_.contains(key)) {
            continue;
        }
        if (auto done = put(socket, exemption); !done) {
            return done;
        }
    }
    return {};
}

void StackPolicies::renew_exemptions(const XfrmSocket& socket) const {
    for (const auto& [key, exemption] : exemptions_) {
        if (!leads_to_.contains(key)) {
            (void)put(socket, exemption);
        }
    }
}

std::expected<void, XfrmError> StackPolicies::exempt_only(const XfrmSocket& socket,
                                                          const std::vector<XfrmPolicy>& exemptions) {
    std::map<Key, XfrmPolicy> before = exemptions_;
    auto done = exempt(socket, exemptions);
    for (const XfrmPolicy& exemption : exemptions) {
        before.erase(key_of(exemption));
    }
    for (const auto& [key, exemption] : before) {
        exemptions_.erase(key);
        if (!leads_to_.contains(key)) {
            take_away(socket, key.selector, key.mark);
        }
    }
    return done;
}

}  // namespace keyline::datapath
