// Quick modes, both roles (RFC 2409 5.5): three messages, any number of exchanges at a time.
#pragma once

#include "exchange/host.h"
#include "exchange/quick_mode_sa.h"
#include "ikev1/failure.h"
#include "ikev1/message_io.h"
#include "ikev1/session.h"

namespace keyline::ikev1 {

// Starts the quick modes that wait, a limited number at a time.
void pump_quick_modes(Session& session, exchange::Host& host);
// Initiator: message 2.
void receive_quick_mode_answer(Session& session, exchange::Host& host, QmNegotiation& negotiation,
                               const Incoming& message);

// The peer has set the Commit flag in message 2: nothing is sent under the SA before CONNECTED (RFC
// 2408 3.1), which comes as a fourth message or in an informational exchange of the same message ID. The flag
// is not authenticated, so it may delay the SA for one interval and no longer.
void receive_quick_mode_connected(Session& session, exchange::Host& host, QmNegotiation& negotiation,
                                  const Incoming& message);
void quick_mode_connected(Session& session, exchange::Host& host, std::uint32_t message_id);

// Responder: message 1, whose hash has not been checked.
void receive_quick_mode_request(Session& session, exchange::Host& host, const Incoming& message);
// Responder: message 3.
void receive_quick_mode_confirmation(Session& session, exchange::Host& host, QmNegotiation& negotiation,
                                     const Incoming& message);

// For quick_mode_*.cc: both SAs without and then with keys, the payload check both messages share, the end.
std::optional<std::string> check_quick_mode(const Session& session, const Incoming& message);
exchange::SaPair make_keyed_sas(const Session& session, const QmNegotiation& negotiation,
                                const exchange::QmTransform& chosen);
void finish_quick_mode(Session& session, exchange::Host& host, QmNegotiation& negotiation);

}  // namespace keyline::ikev1
