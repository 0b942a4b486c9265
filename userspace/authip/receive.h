// From a datagram that belongs to a main mode SA to the exchange that takes it: sequence numbers,
// repetitions, and whether the message fits the state (MS-AIPS 3.1.5; interpretation items 7-9, F3, S1, S2).
#pragma once

#include "authip/session.h"
#include "exchange/event.h"
#include "exchange/host.h"
#include "wire/message.h"

namespace keyline::authip {

// `header` is the datagram's; its cookies and addresses are the session's.
void receive(Session& session, exchange::Host& host, const exchange::DatagramReceived& datagram,
             const wire::Header& header);

}  // namespace keyline::authip
