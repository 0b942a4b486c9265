// Sequence numbers and progress windows between the engines: of kl_sa_state (RFC 6479), and of the kernel.
#pragma once

#include "datapath/xfrm_message.h"
#include "shared/sa.h"

namespace keyline::datapath {

// What packets on their way through the engine that is left may still take up: outbound numbers go on after
// them.
constexpr std::uint64_t kSequenceGap = 1024;

// Where an SA that the fast path carried goes on in the kernel.
XfrmProgress to_kernel(const kl_sa& sa, const kl_sa_state& state);
// Where an SA that the kernel carried goes on in the fast path.
void from_kernel(const XfrmProgress& progress, const kl_sa& sa, kl_sa_state& state);

}  // namespace keyline::datapath
