// RESPONDER-LIFETIME of quick mode (RFC 2407 4.6.3.1): a responder answers with the transform as it was
// offered, and tells here what shorter lifetimes it keeps.
#pragma once

#include <cstdint>
#include <optional>

#include "exchange/qm_proposal.h"
#include "ikev1/message_io.h"
#include "policy/policy.h"

namespace keyline::ikev1 {

// Responder: nothing when its own lifetimes are not shorter.
std::optional<wire::Payload> build_responder_lifetime(const policy::Lifetime& own,
                                                      const exchange::QmTransform& chosen,
                                                      std::uint32_t inbound_spi);
// Initiator: `chosen` is shortened to what the peer tells. What cannot be read is ignored: each side keeps
// its own lifetimes in any case.
void take_responder_lifetime(const Incoming& message, exchange::QmTransform& chosen);

}  // namespace keyline::ikev1
