// JSON as the control socket and `--json` use it: keys stay in the order in which they are written.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace keyline::daemon {

using Json = nlohmann::ordered_json;

// One line without its line feed. Octets that are no UTF-8 (a peer's name, say) become U+FFFD: it never
// fails.
inline std::string to_line(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace keyline::daemon
