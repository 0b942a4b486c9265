// The options of `keyline probe`.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/context.h"

namespace keyline::cli {

void add_probe(CLI::App& app, Context& context);

}  // namespace keyline::cli
