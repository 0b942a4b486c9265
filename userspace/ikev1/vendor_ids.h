// The vendor IDs of messages 1 and 2 (MS-IKEE 3.2.4.1, 3.3.4.1, MS-AIPS 3.2.4, RFC 3706 5.1).
#pragma once

#include <vector>

#include "ikev1/session.h"

namespace keyline::ikev1 {

// What this host has to say to the session's peer.
std::vector<wire::Payload> vendor_ids(const Session& session);
// What the peer says.
void note_vendor_ids(Session& session, const std::vector<wire::Payload>& payloads);

// Whether a clear message has "MS-MamieExists": its sender negotiates by AuthIP too.
bool announces_authip(ByteView datagram, const wire::Header& header);

}  // namespace keyline::ikev1
