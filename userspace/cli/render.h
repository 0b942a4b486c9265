// The daemon's JSON results as text for people.
#pragma once

#include <ostream>

#include "daemon/json.h"

namespace keyline::cli {

void render_status(const daemon::Json& status, std::ostream& out);
void render_sas(const daemon::Json& sas, std::ostream& out);
void render_main_modes(const daemon::Json& main_modes, std::ostream& out);
void render_policies(const daemon::Json& policies, std::ostream& out);
void render_flows(const daemon::Json& flows, std::ostream& out);
void render_counters(const daemon::Json& counters, std::ostream& out);  // those that are not zero
void render_all_counters(const daemon::Json& counters, std::ostream& out);
// The line "text", and the "warnings" if any.
void render_text(const daemon::Json& result, std::ostream& out);

}  // namespace keyline::cli
