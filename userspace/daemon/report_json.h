// The keyer's reports as `keyline monitor --json` and `keyline probe --json` show them: {"event":
// "mm-established", "text": ..., ...}. docs/cli.md lists the events.
#pragma once

#include "daemon/json.h"
#include "exchange/report.h"

namespace keyline::daemon {

Json to_json(const exchange::Report& report);

}  // namespace keyline::daemon
