// A world made from a seed: what two hosts want of each other, what the network does to it, and what befalls
// the hosts in the meantime. Then peace, and the invariants.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "policy/auth_method.h"

namespace keyline::simulation {

struct Outcome {
    std::vector<std::string> violations;
    std::string story;  // what the seed chose, one line
    bool negotiated = false;
};

// With `trace`, everything that happens is printed.
Outcome play(std::uint64_t seed, policy::Protocol protocol, bool trace = false);

}  // namespace keyline::simulation
