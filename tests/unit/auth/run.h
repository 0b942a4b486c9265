// Runs a tool of the laboratory.
#pragma once

#include <string>
#include <vector>

namespace keyline::test {

// The program's exit status, its arguments not seen by any shell. The output goes to this process's.
int run(const std::vector<std::string>& command);

}  // namespace keyline::test
