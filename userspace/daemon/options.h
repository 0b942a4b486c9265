// keylined's command line.
#pragma once

#include <spdlog/common.h>

#include <filesystem>
#include <optional>
#include <ostream>
#include <string>

#include "daemon/control_protocol.h"

namespace keyline::daemon {

struct Options {
    std::filesystem::path config = kDefaultConfig;
    std::filesystem::path run_directory = kDefaultRunDirectory;
    std::optional<std::string> instance;  // instead of host.instance of the configuration
    bool datapath = true;
    spdlog::level::level_enum log_level = spdlog::level::info;
    bool check = false;  // read the configuration, tell what is wrong with it, and end
    bool purge = false;  // remove what an instance left in the kernel, and end
};

// The options, or the exit code when the program is to end at once: 0 after --help and --version, 2 after an
// error.
struct ParsedOptions {
    std::optional<Options> options;
    int exit_code = 0;
};
ParsedOptions parse_options(int argc, const char* const* argv, std::ostream& out, std::ostream& err);

}  // namespace keyline::daemon
