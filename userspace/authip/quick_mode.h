// Quick modes, both roles: fast and normal, the first one inside main mode and later ones (MS-AIPS 3.4, 3.5;
// interpretation items 24-30, Q1-Q4, Q11).
#pragma once

#include <vector>

#include "authip/message_io.h"
#include "authip/session.h"
#include "exchange/host.h"

namespace keyline::authip {

// Initiator. The first of `session.waiting` completes main mode; keys exist.
void start_first_quick_mode(Session& session, exchange::Host& host);
// Initiator: what can be sent now (MS-AIPS 3.1.7.5): a synchronize or an extended mode that waited for
// a notify, or the next waiting request.
void pump_quick_modes(Session& session, exchange::Host& host);
// Initiator: the answer to the outstanding request of `negotiation`: #6 or #8.
void receive_quick_mode_answer(Session& session, exchange::Host& host, std::uint32_t message_id,
                               const std::vector<wire::Payload>& payloads);

// Responder: #5, or the first message of a later quick mode.
void receive_quick_mode_request(Session& session, exchange::Host& host, const Incoming& message,
                                const std::vector<wire::Payload>& payloads);
// Responder: #7, also after a fast quick mode.
void receive_synchronize(Session& session, exchange::Host& host, const Incoming& message,
                         const std::vector<wire::Payload>& payloads);

}  // namespace keyline::authip
