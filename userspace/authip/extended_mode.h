// Extended mode, both roles: a second authentication, such as the user's, between the first quick mode and
// its SAs (MS-AIPS 3.6, 3.7, 4.2, 4.3; interpretation items 23, 29, F1, F7, M4, M5, M10, Q8). Its messages
// are encrypted and have the message ID 1. Whatever goes wrong in it ends the main mode SA and its first
// quick mode (3.6.5.3, 3.7.7.1).
#pragma once

#include <vector>

#include "authip/message_io.h"
#include "authip/method_list.h"
#include "authip/session.h"
#include "exchange/host.h"
#include "policy/policy.h"

namespace keyline::authip {

// Before the first quick mode: plans the extended mode that its rule asks for, if any, and as whom an
// initiator authenticates in both modes (MS-AIPS 3.1.4.1). Whether one of the rule's methods can be used,
// Session::authenticates_for tells then.
void plan_authentication(Session& session, const exchange::Host& host, const policy::Rule& rule,
                         policy::DhGroup group);

// Initiator: #7, after the first quick mode.
void start_extended_mode(Session& session, exchange::Host& host);
// Initiator: #8, #10, #12.
void receive_extended_mode_answer(Session& session, exchange::Host& host,
                                  const std::vector<wire::Payload>& payloads);
// Responder: ESP of the peer's under no SA of this host. An initiator sends nothing under the first quick
// mode's SAs before extended mode, unless its policy asks for none: then #7 is not waited for any longer than
// its repetition takes. ESP can be forged, so no less either.
void doubt_extended_mode(Session& session, exchange::Host& host);
// Responder: #7 has not come by `give_up`.
void give_up_extended_mode(Session& session, exchange::Host& host);
// Responder: #7, #9, #11, also where they have no place.
void receive_extended_mode_request(Session& session, exchange::Host& host, const Incoming& message,
                                   const std::vector<wire::Payload>& payloads);

}  // namespace keyline::authip
