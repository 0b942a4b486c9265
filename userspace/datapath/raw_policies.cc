#include "datapath/raw_policies.h"

// The kernel's own headers: they do not go together with <netinet/in.h>.
#include <linux/in6.h>
#include <linux/xfrm.h>

namespace keyline::datapath {
namespace {

policy::Selector addresses_of(const policy::Selector& selector) {
    return {.local = selector.local, .remote = selector.remote};
}

std::expected<void, XfrmError> put(const XfrmSocket& socket, XfrmPolicy policy, std::uint32_t number) {
    policy.selector = addresses_of(policy.selector);
    policy.mark = {.value = kl_make_raw_mark(number), .mask = KL_MARK_MASK};
    NetlinkRequest request(XFRM_MSG_UPDPOLICY);
    put_policy(request, policy);
    return socket.send(request);
}

}  // namespace

std::expected<std::uint32_t, XfrmError> RawPolicies::lead(const XfrmSocket& socket, const XfrmPolicy& policy,
                                                          std::uint32_t index) {
    const auto used = used_.find(addresses_of(policy.selector));
    std::uint32_t number = 0;
    while (used != used_.end() && number < KL_RAW_MARKS && used->second[number]) {
        ++number;
    }
    if (number == KL_RAW_MARKS) {
        return 0;
    }
    if (const auto done = put(socket, policy, number); !done) {
        return std::unexpected(done.error());
    }
    adopt(policy, index, kl_make_raw_mark(number));
    return kl_make_raw_mark(number);
}

void RawPolicies::adopt(const XfrmPolicy& policy, std::uint32_t index, std::uint32_t mark) {
    const Led led{.addresses = addresses_of(policy.selector), .number = kl_raw_mark_number(mark)};
    used_[led.addresses].set(led.number);
    led_[index] = led;
}

void RawPolicies::renew(const XfrmSocket& socket, const XfrmPolicy& policy, std::uint32_t index) {
    if (const auto led = led_.find(index); led != led_.end()) {
        (void)put(socket, policy, led->second.number);
    }
}

void RawPolicies::release(const XfrmSocket& socket, std::uint32_t index) {
    const auto led = led_.find(index);
    if (led == led_.end()) {
        return;
    }
    const auto& [addresses, number] = led->second;
    NetlinkRequest request(XFRM_MSG_DELPOLICY);
    put_policy_name(request, {.direction = XfrmDirection::kOut,
                              .selector = addresses,
                              .mark = {.value = kl_make_raw_mark(number), .mask = KL_MARK_MASK}});
    (void)socket.send(request);
    const auto used = used_.find(addresses);
    used->second.reset(number);
    if (used->second.none()) {
        used_.erase(used);
    }
    led_.erase(led);
}

}  // namespace keyline::datapath
