// HASH_I and HASH_R of one main mode SA (RFC 2409 5), and the payloads that the methods have in common.
#pragma once

#include <expected>
#include <optional>

#include "auth/failure.h"
#include "auth/ike_id.h"
#include "ikev1/authentication.h"
#include "ikev1/message_io.h"
#include "ikev1/session.h"

namespace keyline::ikev1 {

enum class Side : std::uint8_t { kOwn, kPeer };

// HASH_I or HASH_R of either side; `id` is the body of its ID payload.
Bytes proof_hash(const Session& session, Side side, ByteView id);

// As it stands in an ID payload of main mode, whose protocol and port are any.
wire::Identification to_payload(const auth::IkeId& id);
auth::IkeId from_payload(const wire::Identification& id);
// IDii_b or IDir_b.
Bytes body_of(const wire::Identification& id);

// KE and nonce of messages 3 and 4 where they go in clear.
Payloads clear_key_exchange(const Session& session);
std::optional<Failure> take_clear_key_exchange(Session& session, const Incoming& message);

// This side's nonce, and the peer's.
Bytes& own_nonce(Session& session);
const Bytes& own_nonce(const Session& session);
Bytes& peer_nonce(Session& session);

Failure malformed(std::string text);
Failure wrong_proof(std::string text);
// A certificate's failure with the notify that tells the peer most (RFC 2408 3.14.1).
Failure certificate_failure(const auth::Failure& failure);

}  // namespace keyline::ikev1
