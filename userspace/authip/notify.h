// Notify exchanges (type 0xF6): status, acknowledgement, acquire (MS-AIPS 2.2.3.5, 2.2.3.6, 3.1.5, 3.1.7.5;
// interpretation items 8, 31, 32, S3-S7, S10-S12, Q9).
#pragma once

#include <cstdint>

#include "authip/error_codes.h"
#include "authip/message_io.h"
#include "authip/session.h"

namespace keyline::authip {

// What a notify is about: Protocol-ID 1 or 2.
enum class About : std::uint8_t { kMainMode = 1, kQuickMode = 2 };

// NOTIFY_STATUS. Encrypted and reliable when keys exist; otherwise clear, unreliable, and kept as the SA's
// farewell (S6, S11). `message_id` names the quick mode; for a main mode a random one is taken.
void send_status(Session& session, exchange::Host& host, About about, ErrorCode code,
                 std::uint32_t message_id = 0);

// NO-PROPOSAL-CHOSEN for a quick mode (S8).
void send_no_proposal_chosen(Session& session, exchange::Host& host, std::uint32_t message_id);

// Asks the initiator for a quick mode (item 31).
void send_acquire(Session& session, exchange::Host& host, const exchange::Traffic& traffic);

// The Notify payload that ends a normal quick mode.
wire::Payload synchronize_payload();

// Sends the next reliable notify when none is outstanding and no request is (MS-AIPS 3.1.7.5).
void pump_notifies(Session& session, exchange::Host& host);
// True while a reliable notify is outstanding or queued: requests wait.
bool notifies_pending(const Session& session);
// The outstanding notify's timer has come. False: nobody acknowledges, the SA is to be deleted.
bool expire_notify(Session& session, exchange::Host& host);

// A message of exchange type 0xF6 with a Crypto payload. A deleted SA only acknowledges.
void receive_notify(Session& session, exchange::Host& host, const Incoming& message);

}  // namespace keyline::authip
