// Which engine carries an SA's packets, in which mode, and why (design decision 6: never a silent fallback).
#pragma once

#include <string>
#include <vector>

#include "daemon/json.h"
#include "datapath/view.h"
#include "policy/policy.h"

namespace keyline::daemon {

// One attached interface: name, role, mtu, xdp, queues, and for each queue its AF_XDP mode.
Json interface_json(const kl_port& port);

// {"engine", "engine_mode", "offload", "crypto", "why"} of an SA of this rule; null: it has gone.
Json engine_json(const policy::Rule* rule, const kl_sa& sa, const std::vector<datapath::PortView>& ports,
                 const datapath::WorkerStatus& worker);

}  // namespace keyline::daemon
