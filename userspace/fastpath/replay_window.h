// The anti-replay window of an inbound SA (RFC 4303 3.4.3), as RFC 6479 lays it out, over the shared
// kl_sa_state.
//
// The order is: `replay_check` on arrival, the ICV, then `replay_advance`, which looks again, since another
// packet of the same number may have been authenticated in between.
#pragma once

#include <cstdint>
#include <optional>

#include "shared/sa.h"

namespace keyline::fastpath {

// RFC 4303 3.4.3 demands 32 at least; kl_sa_state has room for KL_REPLAY_MAX_WINDOW.
std::uint32_t effective_window(std::uint32_t wanted);

// The full sequence number of a packet that is new so far; nullopt for one seen before or older than the
// window. With ESN the high half is inferred (RFC 4303 A2.2).
std::optional<std::uint64_t> replay_check(const kl_sa_state& state, std::uint32_t sequence, bool esn,
                                          std::uint32_t window);

// Marks an authenticated packet's number as seen. False when it meanwhile was, or fell out of the window.
// Takes the state's lock for its duration.
bool replay_advance(kl_sa_state& state, std::uint64_t sequence, std::uint32_t window);

}  // namespace keyline::fastpath
