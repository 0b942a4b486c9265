// Reads the configuration anew and applies the difference (MS-AIPS 3.1.7.3). A file that cannot be applied
// changes nothing.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "daemon/instance.h"

namespace keyline::daemon {

struct ReloadDone {
    std::string summary;                // one line
    std::vector<std::string> warnings;  // one line each: doubtful settings, and what waits for a restart
};

// The errors are one line each; the policy in force has stayed.
std::expected<ReloadDone, std::vector<std::string>> reload(Instance& instance);

}  // namespace keyline::daemon
