// The key exchange protocols of the engine: which one a peer may use, and the sessions of each.
#pragma once

#include <memory>
#include <optional>

#include "exchange/event.h"
#include "exchange/session.h"
#include "policy/policy.h"
#include "wire/message.h"

namespace keyline::keyer {

policy::Protocol protocol_of(wire::Dialect dialect);
// Whether the PAD lets the peer negotiate by this protocol; one without an entry may use AuthIP.
bool permits(const policy::Peer* peer, policy::Protocol protocol);
// Whether a first message is IKEv1's from a peer that sends AuthIP's too, which is the one to be answered
// (MS-AIPS 3.3.5.2, M13).
bool yields_to_authip(const policy::Peer* peer, const exchange::DatagramReceived& datagram,
                      const wire::Header& header);

std::unique_ptr<exchange::Session> make_session(policy::Protocol protocol);

// Whether a message of this kind may begin a main mode SA.
bool begins_main_mode(const wire::Header& header);

// What is wrong with a datagram that would begin one, before anything is kept for its sender. `text` is for
// people and may be empty.
struct FirstMessageFault {
    exchange::Reason reason{};
    std::string text;
};
std::optional<FirstMessageFault> check_first_message(const exchange::DatagramReceived& datagram,
                                                     const wire::Header& header);

}  // namespace keyline::keyer
