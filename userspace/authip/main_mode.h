// Main mode, both roles: the first exchange and the GSS-API round trips up to the keys
// (MS-AIPS 3.2, 3.3, 3.8, 3.9). The first quick mode, which completes it, is in quick_mode.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "authip/failure.h"
#include "authip/message_io.h"
#include "authip/session.h"
#include "exchange/host.h"

namespace keyline::authip {

// Starts a fresh initiator session whose names, waiting request and expected peer the caller has set: message
// #1, or first the step that makes its token (item 14). `main_mode` has been restricted to the methods that
// may be used.
void start_main_mode(Session& session, exchange::Host& host, const policy::MainMode& main_mode);

// Initiator: message #2.
void receive_second_message(Session& session, exchange::Host& host,
                            const std::vector<wire::Payload>& payloads);

// Initiator: a responder under attack wants its cookie in #1 (D1).
void receive_dos_cookie(Session& session, exchange::Host& host, const wire::Cookie& cookie);

// Responder: message #1, into a fresh session. A refusal leaves nothing to keep: the session is to be
// dropped, and a clear NOTIFY_STATUS to be sent.
std::optional<Failure> receive_first_message(Session& session, exchange::Host& host, const Incoming& message);

// Either role: a GSS-API payload of the round trips, and the end of an authentication step.
void receive_gss(Session& session, exchange::Host& host, const std::vector<wire::Payload>& payloads);
void finish_step(Session& session, exchange::Host& host, auth::StepResult result);

// For main_mode_*.cc.
bool send_second_message(Session& session, exchange::Host& host, const wire::GssApi* answer);
void send_first_message(Session& session, exchange::Host& host, const wire::GssApi* token);

}  // namespace keyline::authip
