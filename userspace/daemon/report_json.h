// The keyer's reports as `keyline monitor --json` and `keyline probe --json` show them: {"event":
// "mm-established", "text": ..., ...}. docs/cli.md lists the events.
#pragma once

#include <cstdint>
#include <optional>

#include "daemon/json.h"
#include "exchange/report.h"

namespace keyline::daemon {

Json to_json(const exchange::Report& report);

// What extended mode has proved, or null; the uid of this host's user whose SA it is, or null.
Json proof_json(const std::optional<exchange::EmProof>& proof);
Json user_json(std::uint32_t impersonation_handle);

}  // namespace keyline::daemon
