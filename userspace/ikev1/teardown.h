// How main and quick modes end: refused, deleted, timed out, told by the peer (RFC 2408 3.14, 3.15, 5.14,
// 5.15).
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "exchange/host.h"
#include "ikev1/failure.h"
#include "ikev1/session.h"

namespace keyline::ikev1 {

// This side finds message 1 unacceptable: the peer is told, nothing is kept.
void refuse_main_mode(Session& session, exchange::Host& host, const Failure& failure);
// The same for an SA that exists: it ends.
void fail_main_mode(Session& session, exchange::Host& host, const Failure& failure);
// This side refuses a quick mode of the peer's.
void refuse_quick_mode(Session& session, exchange::Host& host, std::uint32_t message_id,
                       const Failure& failure);
// This side finds the answer to its own quick mode unacceptable.
void fail_quick_mode(Session& session, exchange::Host& host, QmNegotiation& negotiation,
                     const Failure& failure);

// The peer says so. An SPI is the peer's inbound one.
void main_mode_refused(Session& session, exchange::Host& host, const std::string& text);
// A responder's proof, which nothing has followed yet: the initiator will delete the SA.
void proof_refused(Session& session, exchange::Host& host, const std::string& text);
void quick_mode_refused(Session& session, exchange::Host& host, const wire::Notification& notify,
                        const std::string& text);
void main_mode_deleted(Session& session, exchange::Host& host);
void quick_mode_deleted(Session& session, exchange::Host& host, std::uint32_t spi);

// Nobody answers: the SA ends, its requests are the host's to move.
void main_mode_timed_out(Session& session, exchange::Host& host, const std::string& text);
// A responder's quick mode is not confirmed.
void forget_quick_mode(Session& session, exchange::Host& host, std::uint32_t message_id);

// This side deletes the SA with the quick modes named: a delete for each, then one for the SA.
void delete_main_mode(Session& session, exchange::Host& host, std::span<const exchange::QmSa> quick_modes,
                      const std::string& text);
// The same, but nobody is told.
void end_main_mode(Session& session, exchange::Host& host, const std::string& text);

}  // namespace keyline::ikev1
