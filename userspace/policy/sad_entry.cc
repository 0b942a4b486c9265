#include "policy/sad_entry.h"

namespace keyline::policy {

SadEntry SadEntry::clone() const {
    return {
        .direction = direction,
        .spi = spi,
        .twin_spi = twin_spi,
        .local = local,
        .remote = remote,
        .mode = mode,
        .selector = selector,
        .suite = suite,
        .encryption_key = encryption_key.clone(),
        .integrity_key = integrity_key.clone(),
        .esn = esn,
        .replay_window = replay_window,
        .encapsulation = encapsulation,
        .lifetime = lifetime,
        .engine = engine,
        .rule = rule,
        .impersonation_handle = impersonation_handle,
        .boundary = boundary,
        .peer = peer,
    };
}

}  // namespace keyline::policy
