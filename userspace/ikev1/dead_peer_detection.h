// Whether the peer of a main mode SA lives (RFC 3706). This host asks when traffic goes unanswered (5.5), and
// from time to time where policy wants that; without an answer the SA ends as lost, and the engine negotiates
// anew.
#pragma once

#include "exchange/host.h"
#include "ikev1/session.h"

namespace keyline::ikev1 {

// False: the peer does not know R-U-THERE, or the SA is none to ask under.
bool start_probe(Session& session, exchange::Host& host);
// When the peer is asked next, or for how long its answer is awaited.
exchange::Instant probe_due(const Session& session, const policy::Keying& keying);
void expire_probe(Session& session, exchange::Host& host);

void receive_r_u_there(Session& session, exchange::Host& host, const wire::Notification& notify);
void receive_r_u_there_ack(Session& session, exchange::Host& host, const wire::Notification& notify);

}  // namespace keyline::ikev1
