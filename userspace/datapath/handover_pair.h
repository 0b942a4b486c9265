// The veth pair of an instance between TC and the fast path (shared/handover.h).
#pragma once

#include <expected>
#include <string>

#include "datapath/netlink.h"

namespace keyline::datapath {

struct HandoverPair {
    Link near;  // the stack's end: kl_egress redirects to it
    Link far;   // the fast path's end: its sockets are bound to it
};

std::string handover_near_name(const std::string& instance);
std::string handover_far_name(const std::string& instance);

// Makes the pair, or takes the one that is there, and sets both ends as the fast path needs them.
std::expected<HandoverPair, std::string> make_handover_pair(const Netlink& netlink,
                                                            const std::string& instance);
// False when there was none.
bool remove_handover_pair(const Netlink& netlink, const std::string& instance);

}  // namespace keyline::datapath
