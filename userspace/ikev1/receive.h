// From a datagram that belongs to a main mode SA to the exchange that takes it: cookies, repetitions, and
// whether the message fits the state.
#pragma once

#include "exchange/event.h"
#include "exchange/host.h"
#include "ikev1/session.h"

namespace keyline::ikev1 {

void receive(Session& session, exchange::Host& host, const exchange::DatagramReceived& datagram,
             const wire::Header& header);

}  // namespace keyline::ikev1
