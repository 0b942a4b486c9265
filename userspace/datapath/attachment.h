// Programs on interfaces and cgroups: TC on a clsact qdisc, the others by pinned links. What others attached
// is never touched.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "datapath/netlink.h"
#include "datapath/programs.h"
#include "shared/port.h"

namespace keyline::datapath {

// Attaches by a link pinned at `pin`, in native mode where the driver can, else in generic mode. A link
// already pinned there and alive gets the new program without a gap.
std::expected<kl_xdp_mode, std::string> attach_xdp(const Link& link, int program, const std::string& pin);
void detach_xdp(const std::string& pin);
// Who else has XDP on the interface, and the remedy, in one line; nullopt when it is nobody or the link at
// `pin`.
std::optional<std::string> xdp_taken(const Link& link, const std::string& pin);

enum class TcHook : std::uint8_t { kIngress, kEgress };

// Attaches, or replaces our program of before. True when the clsact qdisc was made for it.
std::expected<bool, std::string> attach_tc(const Link& link, TcHook hook, int program);
// With `remove_clsact`, also the qdisc, unless somebody else has filters there.
void detach_tc(const Netlink& netlink, std::uint32_t ifindex, TcHook hook, bool remove_clsact);

// For the sockets of all processes in the cgroup, a directory, and below it. A link pinned at `pin` gets the
// new program.
std::expected<void, std::string> attach_cgroup(const std::string& cgroup, const SocketProgram& program,
                                               const std::string& pin);

}  // namespace keyline::datapath
