// The vendor IDs this host sends, and what a peer's mean (MS-AIPS 1.7 notes <3> and <4>; interpretation item
// 5, F2, M11).
#pragma once

#include <span>
#include <vector>

#include "wire/message.h"

namespace keyline::authip {

// "MS NT5 ISAKMPOAKLEY" 9 and "RFC 3947": the capabilities this host has.
std::vector<wire::Payload> vendor_ids();

// True when the peer announced "MS NT5 ISAKMPOAKLEY" version 5, 6 or 7: ICVs then have 12 octets in both
// directions.
bool wants_short_icv(std::span<const wire::Payload> payloads);

}  // namespace keyline::authip
