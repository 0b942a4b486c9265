// Keeps from toml++ 3.3 what it answers with undefined behaviour: characters beyond ASCII outside of quotes
// and comments (which TOML 1.0 forbids) and after a backslash in a string (which it forbids too, but for the
// first letter after a line that ends in one), and keys of so many parts that its recursion exhausts the
// stack.
#pragma once

#include <optional>
#include <string_view>

#include "policy/config/toml_tree.h"

namespace keyline::policy::config {

// The first such place. Other errors are none of its affair: toml++ reports them.
std::optional<SyntaxError> find_unsafe_toml(std::string_view text);

}  // namespace keyline::policy::config
