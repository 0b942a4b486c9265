// Whether selectors have packets in common.
#pragma once

#include "policy/selector.h"

namespace keyline::datapath {

bool overlap(const policy::Selector& one, const policy::Selector& other);

}  // namespace keyline::datapath
