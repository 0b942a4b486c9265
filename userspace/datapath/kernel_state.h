// The state of an SA in XFRM, and the device that does its work, where policy wants one and it can.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>

#include "datapath/netlink.h"
#include "datapath/xfrm_message.h"
#include "datapath/xfrm_socket.h"
#include "policy/policy.h"
#include "policy/sad_entry.h"

namespace keyline::datapath {

struct KernelState {
    std::reference_wrapper<const policy::SadEntry> entry;
    std::uint32_t reqid = 0;
    std::uint32_t if_id = 0;
    XfrmMark mark;  // inbound: what packets get that it has opened
    policy::Offload offload = policy::Offload::kNone;
    std::reference_wrapper<const XfrmProgress> progress;
};

// Returns what the device with the SA's local address does of it. The error names the device and the remedy.
std::expected<XfrmOffload, std::string> add_state(const XfrmSocket& socket, const Netlink& netlink,
                                                  const KernelState& state);
// The kernel has ESP, but not a cipher or hash of the SA, or what combines them: modules that it did not
// load.
bool is_absent_algorithm(const XfrmError& error);
// Without effect on what is not there.
void remove_state(const XfrmSocket& socket, const XfrmSaName& name);

}  // namespace keyline::datapath
