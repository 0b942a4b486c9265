// Life type kilobytes of main mode (RFC 2409 appendix A): how much its key has protected.
#pragma once

#include <cstdint>
#include <optional>

#include "exchange/mm_sa.h"

namespace keyline::exchange {

// A message of so many octets, sent or received, was encrypted under the SA's key. With the smaller of this
// host's limit, 0 being none, and the one agreed on, if any, an established SA's lifetime is over.
void note_use_of_key(MmSa& sa, Instant now, std::uint64_t octets, std::uint64_t own_limit,
                     std::optional<std::uint64_t> agreed_limit);

}  // namespace keyline::exchange
