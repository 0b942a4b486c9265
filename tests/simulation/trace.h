// What happened in a world, line by line, for a developer who replays a failing seed.
#pragma once

#include <string>

#include "simulation/world.h"

namespace keyline::simulation {

// "1002.513 a: sent #3 GSS-API".
std::string to_text(Instant when, const std::string& host, const exchange::Report& report);

}  // namespace keyline::simulation
