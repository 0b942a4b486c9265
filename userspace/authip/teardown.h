// How main and quick modes end: refused, deleted, timed out, told by the peer
// (MS-AIPS 3.1.5.1, 3.1.7.2, 3.4.7.1, 3.5.7.1; interpretation items 17, 32, S5-S9, S11, S12).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "authip/failure.h"
#include "authip/session.h"
#include "exchange/host.h"

namespace keyline::authip {

// This side finds the SA's negotiation impossible: NOTIFY_STATUS, and the SA is deleted.
void fail_main_mode(Session& session, exchange::Host& host, const Failure& failure);

// This side refuses a quick mode: NOTIFY_STATUS or, for kNoQmProposal, NO-PROPOSAL-CHOSEN. The failure of the
// first one deletes the main mode SA too (S9).
void fail_quick_mode(Session& session, exchange::Host& host, std::uint32_t message_id,
                     const Failure& failure);

// The peer says so.
void main_mode_ended_by_peer(Session& session, exchange::Host& host, std::uint32_t code);
void quick_mode_ended_by_peer(Session& session, exchange::Host& host, std::uint32_t message_id,
                              std::uint32_t code);

// Nobody answers. With keys the peer is told, in case it listens.
void main_mode_timed_out(Session& session, exchange::Host& host, exchange::Stage stage,
                         const std::string& text);

// This side deletes the SA with the quick modes named: a notify for each of those, then one for the SA (S12).
void delete_main_mode(Session& session, exchange::Host& host, ErrorCode code,
                      const std::vector<std::uint32_t>& quick_modes, const std::string& text);
// No new quick modes: the peer is told, those that exist live on. What waits is the host's to move.
void close_main_mode(Session& session, exchange::Host& host, ErrorCode code);
// Its end, but nobody is told.
void end_main_mode(Session& session, exchange::Host& host, const std::string& text);

// One established quick mode under a living SA: the peer is told; the SAs are the caller's.
void delete_quick_mode(Session& session, exchange::Host& host, std::uint32_t message_id, ErrorCode code);

// Forgets a negotiation: its SPI is given back, and what it has installed is removed.
void drop_negotiation(Session& session, exchange::Host& host, std::uint32_t message_id);

}  // namespace keyline::authip
