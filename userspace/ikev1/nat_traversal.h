// NAT traversal (RFC 3947), for both families; and in the revision of draft-ietf-ipsec-nat-t-ike-02, which
// has other numbers for the same (MS-IKEE 2.2.1, 2.2.2, 3.2).
#pragma once

#include <span>
#include <vector>

#include "base/ip_address.h"
#include "ikev1/session.h"
#include "wire/message.h"

namespace keyline::ikev1 {

// The two NAT-D payloads of messages 3 and 4, the remote address first, in the revision that both sides know;
// none when there is no such.
std::vector<wire::Payload> nat_discovery(const Session& session);

struct NatFound {
    bool local = false;   // this host is behind a NAT
    bool remote = false;  // the peer is
};

// Checks the peer's NAT-D payloads against the addresses its message came with. Nothing found when there are
// fewer than two.
NatFound detect_nat(const KeyContext& context, std::span<const wire::Payload> payloads, const Endpoint& local,
                    const Endpoint& remote);

// Quick mode's SA payload with the encapsulation modes of the session's revision, and with RFC 3947's again.
wire::SecurityAssociation to_revision(const Session& session, wire::SecurityAssociation sa);
wire::SecurityAssociation from_revision(const Session& session, wire::SecurityAssociation sa);

}  // namespace keyline::ikev1
