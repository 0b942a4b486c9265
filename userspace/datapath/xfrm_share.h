// Which share of the XFRM numbers (xfrm_numbers.h) an instance has: where its name places it, or the next
// that no other instance has. It stays the same until the instance is purged, by its kl_config.
#pragma once

#include <bitset>
#include <expected>
#include <optional>
#include <string>

#include "datapath/pins.h"
#include "datapath/xfrm_numbers.h"
#include "shared/config.h"

namespace keyline::datapath {

using XfrmShares = std::bitset<kXfrmShares>;

// Nullopt: all are taken.
std::optional<unsigned> choose_xfrm_share(const std::string& instance, const XfrmShares& taken);

// Of an instance that starts; notes it in its `config`. The error: all are taken.
std::expected<unsigned, std::string> claim_xfrm_share(const Pins& pins, kl_config& config);
// Of an instance that is purged; one that has no pins has the share that it would claim now.
std::optional<unsigned> find_xfrm_share(const Pins& pins);

}  // namespace keyline::datapath
