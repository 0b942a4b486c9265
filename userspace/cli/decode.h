// `keyline decode`: what is in a datagram or a capture, as text or JSON.
#pragma once

#include <ostream>
#include <string>

#include "base/bytes.h"
#include "cli/exit_code.h"

namespace keyline::cli {

// Writes what the file ("-": standard input) holds. Malformed messages are shown as far as they go and do not
// make it fail; kFailure, with one line on `err`, is a file that cannot be read or holds no IKE message.
ExitCode decode(const std::string& path, bool json, std::ostream& out, std::ostream& err);

// The same for octets in memory.
ExitCode decode(ByteView file, bool json, std::ostream& out, std::ostream& err);

}  // namespace keyline::cli
