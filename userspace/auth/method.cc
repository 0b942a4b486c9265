#include "auth/method.h"

#include "policy/auth_method.h"

namespace keyline::auth {

// The numbers of both enumerations are those of the wire.
std::string to_string(MethodId id) {
    return std::string(policy::to_string(static_cast<policy::AuthMethod>(id)));
}

std::optional<MethodId> parse_method(std::string_view name) {
    const auto method = policy::parse_auth_method(name);
    if (!method) return std::nullopt;
    return static_cast<MethodId>(*method);
}

}  // namespace keyline::auth
