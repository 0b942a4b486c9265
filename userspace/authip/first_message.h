// Message #1 at a responder, before there is an SA and as the SA comes to be (MS-AIPS 3.3.5.1).
#pragma once

#include <optional>

#include "authip/session.h"
#include "exchange/event.h"
#include "exchange/host.h"

namespace keyline::authip {

// What is wrong with a datagram that would be a #1, before anything is kept for its sender. `text` is for
// people and may be empty.
struct FirstMessageFault {
    exchange::Reason reason{};
    std::string text;
};
std::optional<FirstMessageFault> check_first_message(const exchange::DatagramReceived& datagram,
                                                     const wire::Header& header);

// Into a fresh responder; false when it was refused, and the sender told so.
bool accept_first_message(Session& session, exchange::Host& host, const exchange::DatagramReceived& datagram,
                          const wire::Header& header);

}  // namespace keyline::authip
