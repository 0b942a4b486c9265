// Informational exchanges (RFC 2409 5.7): deletes, notifies, dead peer detection (RFC 3706). They are not
// acknowledged.
#pragma once

#include <cstdint>

#include "exchange/event.h"
#include "exchange/host.h"
#include "ikev1/session.h"

namespace keyline::ikev1 {

// A notify about the main mode SA or about an exchange: encrypted once both sides have keys.
void send_notify(Session& session, exchange::Host& host, std::uint16_t type);
// Of one quick mode, and of the main mode SA itself.
void send_delete(Session& session, exchange::Host& host, const exchange::QmSa& quick_mode);
void send_delete(Session& session, exchange::Host& host);

void receive_informational(Session& session, exchange::Host& host, const exchange::DatagramReceived& datagram,
                           const wire::Header& header);

}  // namespace keyline::ikev1
