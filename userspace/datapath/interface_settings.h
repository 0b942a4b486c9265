// Settings of interfaces that Keyline makes and through which the stack receives what came elsewhere.
#pragma once

#include <expected>
#include <string>

#include "datapath/netlink.h"

namespace keyline::datapath {

// No addresses, routes or solicitations of the interface's own.
void keep_silent(const std::string& interface);
void disable_ipv6(const std::string& interface);
// Packets from any source pass reverse path filtering, although their routes lead through other interfaces.
std::expected<void, std::string> accept_any_source(const Netlink& netlink, const Link& link);

}  // namespace keyline::datapath
