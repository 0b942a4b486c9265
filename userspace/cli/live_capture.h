// The IKE datagrams of an interface as they pass, through libpcap.
#pragma once

#include <expected>
#include <functional>
#include <string>

#include "cli/capture.h"

namespace keyline::cli {

// Calls `each` until the interface goes or the process is ended; the error, one line, is why it cannot go on.
// Needs CAP_NET_RAW.
std::expected<void, std::string> capture_live(const std::string& interface,
                                              const std::function<void(const CapturedDatagram&)>& each);

}  // namespace keyline::cli
