// Main mode, both roles (RFC 2409 5 and 5.4).
#pragma once

#include "exchange/event.h"
#include "exchange/host.h"
#include "ikev1/message_io.h"
#include "ikev1/session.h"

namespace keyline::ikev1 {

// Message 1 of a fresh initiator session, whose names and waiting request the caller has set.
void start_main_mode(Session& session, exchange::Host& host, const policy::MainMode& main_mode);

// What is wrong with a datagram that would be a message 1, before anything is kept for its sender.
std::optional<exchange::Reason> check_first_message(const wire::Header& header);
// Message 1 into a fresh responder; false when it was refused, and the sender told so.
bool accept_first_message(Session& session, exchange::Host& host, const exchange::DatagramReceived& datagram,
                          const wire::Header& header);

// Messages 2, 4, 6 and 3, 5; `message` has been read and has its place in the session's state.
void receive_as_initiator(Session& session, exchange::Host& host, const Incoming& message);
void receive_as_responder(Session& session, exchange::Host& host, const Incoming& message);

}  // namespace keyline::ikev1
