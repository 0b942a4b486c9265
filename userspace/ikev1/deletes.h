// Deletes (RFC 2408 3.15), and their acknowledgement by peers that know it (MS-IKEE 3.8): to these a nonce
// goes along, the delete is repeated until it comes back, and theirs are answered. To others a delete goes
// once.
#pragma once

#include "exchange/event.h"
#include "exchange/host.h"
#include "ikev1/message_io.h"
#include "ikev1/session.h"

namespace keyline::ikev1 {

// Of one quick mode, and of the main mode SA itself.
void send_delete(Session& session, exchange::Host& host, const exchange::QmSa& quick_mode);
void send_delete(Session& session, exchange::Host& host);

// `message` is authentic and has a Delete payload. Acknowledged when it has a nonce too.
void receive_delete(Session& session, exchange::Host& host, const Incoming& message);
// The answer to a delete of this host's, whose hash has not been checked.
void receive_delete_answer(Session& session, exchange::Host& host, const exchange::DatagramReceived& datagram,
                           const wire::Header& header);

// When a delete is repeated next; kNever when none waits.
exchange::Instant next_repetition(const Session& session);
void expire_deletes(Session& session, exchange::Host& host);

}  // namespace keyline::ikev1
