// keyline(8): the command line, its help, and the way from it to the commands.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "cli/context.h"

namespace keyline::cli {

// All commands with their options; they refer to `context`, which outlives the result.
std::unique_ptr<CLI::App> make_app(Context& context);

// What main() does: parses, runs the command, and returns an ExitCode.
int run(int argc, const char* const* argv, std::ostream& out, std::ostream& err);

}  // namespace keyline::cli
