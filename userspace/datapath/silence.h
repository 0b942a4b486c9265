// How long the two SAs of a quick mode have been quiet, by what their states in the maps say from look to
// look.
#pragma once

#include <cstdint>
#include <optional>

#include "datapath/datapath.h"

namespace keyline::datapath {

// What is known of one SA; times are CLOCK_MONOTONIC nanoseconds.
struct Use {
    std::uint64_t known_since = 0;
    std::uint64_t last = 0;              // kl_sa_state.last_used at the last look
    std::uint64_t unanswered_since = 0;  // inbound: its twin has sent since and this one heard nothing; 0: no
};

// Of both SAs' uses, with their kl_sa_state.last_used as it is `now`; nullopt: they are not quiet.
std::optional<SaSilence> find_silence(Use& inbound, std::uint64_t heard, Use& outbound, std::uint64_t sent,
                                      std::uint64_t now);

}  // namespace keyline::datapath
