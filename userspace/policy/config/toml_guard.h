// Keeps from toml++ 3.3 what it answers with undefined behaviour instead of an error: characters beyond ASCII
// outside of quotes and comments (which TOML 1.0 forbids), and keys of so many parts that its recursion
// exhausts the stack.
#pragma once

#include <optional>
#include <string_view>

#include "policy/config/toml_tree.h"

namespace keyline::policy::config {

// The first such place. Other errors are none of its affair: toml++ reports them.
std::optional<SyntaxError> find_unsafe_toml(std::string_view text);

}  // namespace keyline::policy::config
