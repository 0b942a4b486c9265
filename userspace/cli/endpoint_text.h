// Addresses with or without a port, as people write them and as the daemon's JSON has them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/ip_address.h"

namespace keyline::cli {

// "192.0.2.1", "192.0.2.1:500", "2001:db8::1", "[2001:db8::1]:500"; `port` is taken where none is written.
std::optional<Endpoint> parse_endpoint(std::string_view text, std::uint16_t port);

}  // namespace keyline::cli
