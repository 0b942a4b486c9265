// What the daemon knows, as the JSON that `keyline status | sas | mm | policies | flows | counters --json`
// prints. docs/cli.md lists the fields. No key octets are within reach.
#pragma once

#include <cstddef>
#include <vector>

#include "daemon/json.h"
#include "datapath/view.h"
#include "datapath/xfrm_statistics.h"
#include "exchange/counters.h"
#include "exchange/snapshot.h"
#include "policy/policy.h"

namespace keyline::daemon {

// The SAs in the maps, joined with what the keyer knows of them.
Json sas_json(const datapath::View& view, const std::vector<exchange::QmSnapshot>& quick_modes,
              const policy::Policy& policy);
// The SAs as the keyer negotiated them, for a daemon without datapath.
Json sas_json(const std::vector<exchange::QmSnapshot>& quick_modes, const policy::Policy& policy);

Json main_modes_json(const std::vector<exchange::MmSnapshot>& main_modes);
Json policies_json(const policy::Policy& policy);
Json flows_json(const datapath::View& view, const policy::Policy& policy, std::size_t limit);

// One entry for each reason, zeros too: {"name", "where", "count", "cause", "remedy"}.
Json packet_counters_json(const datapath::Counters& counters);
// Rows like those, of what kernel ESP counts.
Json xfrm_counters_json(const std::vector<datapath::XfrmStatistic>& statistics);
Json keyer_counters_json(const exchange::Counters& counters);

}  // namespace keyline::daemon
