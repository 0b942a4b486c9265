#include "daemon/kernel_policy.h"

// The kernel's own headers: they do not go together with <netinet/in.h>.
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/xfrm.h>
#include <sys/socket.h>

namespace keyline::daemon {

void exempt_from_kernel_policy(int socket, Family family) {
    const bool v4 = family == Family::kIpv4;
    for (const std::uint8_t direction : {XFRM_POLICY_IN, XFRM_POLICY_OUT}) {
        xfrm_userpolicy_info policy{};
        policy.sel.family = v4 ? AF_INET : AF_INET6;
        policy.action = XFRM_POLICY_ALLOW;
        policy.dir = direction;
        (void)setsockopt(socket, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_XFRM_POLICY : IPV6_XFRM_POLICY,
                         &policy, sizeof policy);
    }
}

}  // namespace keyline::daemon
