// What time does to a main mode SA (MS-AIPS 3.1.2, 3.1.6; interpretation item 33, M15, Q11, S11).
#pragma once

#include "authip/session.h"
#include "exchange/host.h"

namespace keyline::authip {

// When `expire` is to be called next; kNever when nothing is due.
exchange::Instant next_deadline(const Session& session, const policy::Keying& keying);

// Does whatever is due at host.now().
void expire(Session& session, exchange::Host& host);

// True when nothing about the SA is worth keeping any more.
bool forgettable(const Session& session, exchange::Instant now);

}  // namespace keyline::authip
