#include "exchange/key_use.h"

#include <algorithm>

namespace keyline::exchange {

void note_use_of_key(MmSa& sa, Instant now, std::uint64_t octets, std::uint64_t own_limit,
                     std::optional<std::uint64_t> agreed_limit) {
    sa.keyed_octets += octets;
    const std::uint64_t own = own_limit == 0 ? UINT64_MAX : own_limit;
    const bool over = sa.keyed_octets >= std::min(own, agreed_limit.value_or(UINT64_MAX));
    if (over && sa.expires != kNever) sa.expires = std::min(sa.expires, now);
}

}  // namespace keyline::exchange
