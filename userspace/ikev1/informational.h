// Informational exchanges (RFC 2409 5.7): notifies, and what deletes.h and dead_peer_detection.h make of
// them.
#pragma once

#include <cstdint>

#include "exchange/event.h"
#include "exchange/host.h"
#include "ikev1/session.h"

namespace keyline::ikev1 {

// A notify about the main mode SA or about an exchange: encrypted once both sides have keys.
void send_notify(Session& session, exchange::Host& host, std::uint16_t type);
// One message that nobody answers.
void send_informational(Session& session, exchange::Host& host, const wire::Payload& payload);

void receive_informational(Session& session, exchange::Host& host, const exchange::DatagramReceived& datagram,
                           const wire::Header& header);

}  // namespace keyline::ikev1
