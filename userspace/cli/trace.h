// `keyline trace`: negotiations of a capture or of an interface, drawn message by message.
#pragma once

#include <ostream>
#include <string>

#include "cli/exit_code.h"

namespace keyline::cli {

struct TraceOptions {
    std::string file;  // a capture, "-": standard input; empty: `interface` is watched until the process ends
    std::string interface;
    std::string keys;   // file authip_keys of a key export; empty: encrypted messages stay closed
    bool json = false;  // an object a line
};

// kFailure, with one line on `err`, when file, interface or keys cannot be read or the file holds no IKE
// message.
ExitCode trace(const TraceOptions& options, std::ostream& out, std::ostream& err);

}  // namespace keyline::cli
