// `keyline monitor`: the daemon's events as they come.
#pragma once

#include <ostream>

#include "cli/control_client.h"
#include "cli/ladder.h"

namespace keyline::cli {

enum class MonitorFormat { kText, kJson, kLadder };

// Writes until the connection ends; returns why it did.
ClientError monitor(ControlClient& client, MonitorFormat format, std::ostream& out);

// The message of a "message-sent" or "message-received" event; nullopt for any other event.
std::optional<LadderMessage> ladder_message(const daemon::Json& event);

}  // namespace keyline::cli
