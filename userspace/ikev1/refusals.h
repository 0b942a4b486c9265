// Credentials that main modes with one peer have failed by: the next main mode is by others, until there are
// none. AuthIP does that within one main mode (MS-AIPS 3.1); here each attempt is a main mode of its own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "exchange/report.h"
#include "ikev1/session.h"

namespace keyline::ikev1 {

// An initiator's proof has gone out: what the peer refuses now is that.
bool has_proved_itself(const Session& session);
// A responder has proved itself last, and nothing has followed under the SA.
bool awaits_verdict(const Session& session);
// The peer has refused it. A responder's next main mode with this peer prefers another certificate.
void note_refused_by_peer(Session& session, const std::string& text);
// This host, as initiator, refuses what the peer has shown. The peer may have another certificate, and may
// show that next time.
void note_refused_here(Session& session, const std::string& text);

}  // namespace keyline::ikev1
