// The keyer's reports as lines for the log and for `keyline monitor`.
#pragma once

#include <spdlog/common.h>

#include <string>

#include "exchange/report.h"

namespace keyline::daemon {

// One line, without key octets; what came from a peer is escaped.
std::string to_text(const exchange::Report& report);

// How much it matters: messages are debug, what an administrator wants in the journal is info or more.
spdlog::level::level_enum level_of(const exchange::Report& report);

// True for what a hostile sender can raise at will, so that its log rate must be limited.
bool is_provoked(const exchange::Report& report);

// "0x1a2b3c4d", as `ip xfrm state` writes SPIs.
std::string spi_text(std::uint32_t spi);

// Control characters as "\x1b": a name that a peer sent cannot move the cursor or forge a line.
std::string printable(std::string_view text);

}  // namespace keyline::daemon
