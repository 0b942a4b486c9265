// Main modes that have failed by what one side has shown of itself, and are tried again by what else there
// is.
#include <utility>

#include "keyer/engine.h"

namespace keyline::keyer {

// The next one has the requests of the first, and its place beside the other protocol's.
bool Engine::try_again(exchange::Session& ended) {
    auto attempt = ended.next_attempt(*this);
    if (!attempt || shutting_down_) return false;
    const std::uint16_t port = lookup_->policy().host.port;
    exchange::Session& next =
        sessions_.add(std::move(attempt->session), exchange::Role::kInitiator,
                      {ended.name.local.address, port}, {ended.name.remote.address, port}, now_);
    next.pad = ended.pad;
    next.speaks_authip = ended.speaks_authip;
    next.impersonation_handle = ended.impersonation_handle;
    next.failed_methods = std::exchange(ended.failed_methods, {});
    next.waiting = std::exchange(ended.waiting, {});
    replace_beside(ended.name.id, next.name.id);
    next.start(*this, attempt->main_mode);
    sessions_.index(next);
    touch(next);
    return true;
}

}  // namespace keyline::keyer
