// What the two roles of main mode share: vendor IDs, key exchange, identity and proof.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "exchange/host.h"
#include "ikev1/failure.h"
#include "ikev1/message_io.h"
#include "ikev1/session.h"

namespace keyline::ikev1 {

// This side's key pair and nonce.
void make_key_exchange(Session& session, exchange::Host& host);
// Messages 3 and 4: what the method says, and NAT-D.
std::expected<Payloads, Failure> key_exchange_payloads(Session& session, exchange::Host& host);
// The peer's; then the keys exist.
std::optional<Failure> take_key_exchange(Session& session, exchange::Host& host, const Incoming& message);

// Messages 5 and 6: what the method says, and INITIAL-CONTACT when this host has no SA with the peer (RFC
// 2407 4.6.3.3).
std::expected<Payloads, Failure> proof_payloads(const Session& session, const exchange::Host& host);
std::optional<Failure> take_proof(Session& session, const Incoming& message);

// The proofs are exchanged.
void finish_main_mode(Session& session, exchange::Host& host);

// Sends a main mode message under the next number.
Unanswered send_main_mode(Session& session, exchange::Host& host, std::vector<wire::Payload> payloads,
                          bool encrypted);

}  // namespace keyline::ikev1
