// The vendor IDs this host sends, and what a peer's mean (MS-AIPS 1.7 notes <3> and <4>;
// MS-IKEE 3.3.4.1, 3.5.4.1, 3.6.4.1, 3.7.4.1; interpretation item 5, F2, M11).
#pragma once

#include <span>
#include <vector>

#include "exchange/host.h"
#include "exchange/mm_sa.h"
#include "wire/message.h"

namespace keyline::authip {

// What this host has to say to the peer of a new main mode SA.
exchange::Announced to_announce(const exchange::Host& host, const exchange::MmSa& sa);
// Its vendor IDs in #1 and #2; "MS NT5 ISAKMPOAKLEY" is version 9.
std::vector<wire::Payload> vendor_ids(const exchange::Announced& own);
// What a peer's vendor IDs say.
exchange::Announced announced(std::span<const wire::Payload> payloads);

}  // namespace keyline::authip
