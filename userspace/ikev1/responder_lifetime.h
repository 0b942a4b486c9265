// RESPONDER-LIFETIME (RFC 2407 4.6.3.1): a responder answers with the transform as it was offered, and tells
// in its last message of main mode, or in its answer in quick mode, what shorter lifetimes it keeps.
#pragma once

#include <cstdint>
#include <optional>

#include "exchange/qm_proposal.h"
#include "ikev1/message_io.h"
#include "ikev1/session.h"
#include "policy/policy.h"

namespace keyline::ikev1 {

// Responder: nothing when its own lifetimes are not shorter. In main mode octets count as shorter when the
// initiator has named none.
std::optional<wire::Payload> build_responder_lifetime(const Session& session);
std::optional<wire::Payload> build_responder_lifetime(const policy::Lifetime& own,
                                                      const exchange::QmTransform& chosen,
                                                      std::uint32_t inbound_spi);
// Initiator: what was chosen is shortened to what the peer tells. What cannot be read is ignored: each side
// keeps its own lifetimes in any case.
void take_responder_lifetime(const Incoming& message, exchange::MmTransform& chosen);
void take_responder_lifetime(const Incoming& message, exchange::QmTransform& chosen);

}  // namespace keyline::ikev1
