// What time does to a main mode SA.
#pragma once

#include "exchange/host.h"
#include "ikev1/session.h"

namespace keyline::ikev1 {

// When `expire` is to be called next; kNever when nothing is due.
exchange::Instant next_deadline(const Session& session, const policy::Keying& keying);
// Does whatever is due at host.now().
void expire(Session& session, exchange::Host& host);

}  // namespace keyline::ikev1
