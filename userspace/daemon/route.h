// Which of this host's addresses the kernel would send from.
#pragma once

#include <expected>
#include <string>

#include "base/ip_address.h"

namespace keyline::daemon {

// Sends nothing. The error is one line.
std::expected<IpAddress, std::string> source_address(const IpAddress& destination);

}  // namespace keyline::daemon
