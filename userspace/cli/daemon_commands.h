// The commands that ask a running keylined.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/context.h"

namespace keyline::cli {

// status, sas, mm, policies, flows, counters, up, down, reload, attach, detach, monitor.
void add_daemon_commands(CLI::App& app, Context& context);

}  // namespace keyline::cli
