// Shell completion, made from the command line's own definition so that the two cannot differ.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace keyline::cli {

// A script for "bash", "zsh" or "fish".
std::string completion_script(const std::string& shell, const CLI::App& app);

}  // namespace keyline::cli
