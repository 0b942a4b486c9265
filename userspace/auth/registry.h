// The methods that a policy's credentials make.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "auth/method.h"
#include "policy/policy.h"

namespace keyline::auth {

// One method per credential of `auth`, what Keyer takes. Reads no KDC; the error, one line, names a file
// that is missing or unreadable, or a name that is malformed, and the remedy.
std::expected<std::vector<std::shared_ptr<Method>>, std::string> make_methods(const policy::Auth& auth);

}  // namespace keyline::auth
