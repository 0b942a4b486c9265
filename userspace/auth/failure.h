// How a method's failures become results: a code for the peer, one line for people.
#pragma once

#include <string>
#include <string_view>

#include "auth/method.h"
#include "auth/sec_status.h"

namespace keyline::auth {

struct Failure {
    SecStatus status = SecStatus::kInternalError;
    std::string line;  // what failed and the remedy

    StepResult result() const;
};

// `text` cut to a sane length, with everything that is not printable ASCII replaced: names in failure lines
// may be a peer's own words.
std::string printable(std::string_view text);

}  // namespace keyline::auth
