// What people are told of a quick mode under way, by either protocol.
#pragma once

#include <cstdint>

#include "exchange/host.h"
#include "exchange/mm_sa.h"
#include "exchange/qm_proposal.h"
#include "exchange/quick_mode.h"
#include "exchange/traffic_id.h"

namespace keyline::exchange {

// What this host offers as the initiator, and what the peer offers as one.
void report_offer(Host& host, const MmSa& mm, std::uint32_t message_id, const Traffic& traffic,
                  const policy::QuickMode& quick_mode);
void report_offer(Host& host, const MmSa& mm, std::uint32_t message_id, const TrafficIds& ids,
                  const QmOffer& offer);
// `request` is null for a responder.
void report_established(Host& host, const MmSa& mm, const QmSa& sa, const QmRequest* request, bool pfs);

}  // namespace keyline::exchange
