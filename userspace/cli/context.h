// What every command of `keyline` has: where to write, which daemon to ask, and the exit code it ends with.
#pragma once

#include <filesystem>
#include <functional>
#include <ostream>
#include <string>

#include "cli/exit_code.h"
#include "daemon/control_protocol.h"

namespace keyline::cli {

struct Context {
    std::ostream& out;
    std::ostream& err;
    std::string instance{daemon::kDefaultInstance};
    std::filesystem::path run_directory{daemon::kDefaultRunDirectory};
    bool json = false;
    // Set by the parser: what the command line asks for.
    std::function<ExitCode()> command;
};

}  // namespace keyline::cli
