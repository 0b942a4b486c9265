// What both protocols keep of a main mode SA (MS-AIPS 3.1.1, MMSAD). Each protocol derives its own from it.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "auth/method.h"
#include "exchange/instant.h"
#include "exchange/quick_mode.h"
#include "exchange/report.h"
#include "policy/policy.h"
#include "wire/message.h"

namespace keyline::exchange {

// What one side tells the other by vendor IDs.
struct Announced {
    bool short_icv =
        false;  // "MS NT5 ISAKMPOAKLEY" version 5, 6 or 7: AuthIP's ICVs have 12 octets both ways
    bool fragmentation = false;          // "FRAGMENTATION": it takes fragments (MS-IKEE 3.3)
    bool negotiation_discovery = false;  // "MS-Negotiation Discovery Capable" (MS-IKEE 3.7)
    bool initial_contact =
        false;             // "Vid-Initial-Contact": it has no SA with the other side (MS-IKEE 3.5, 3.6)
    bool cluster = false;  // "NLBS_PRESENT": it is a node of a cluster (MS-IKEE 3.5, 3.6)
};

struct MmSa {
    MmName name;  // id, role and endpoints; the endpoints move to port 4500 when a NAT is found
    wire::Cookie initiator_cookie{};
    wire::Cookie responder_cookie{};

    Instant started{};
    Instant last_heard{};            // a message that was accepted
    Instant expires = kNever;        // MM SA lifetime, once established
    std::uint64_t keyed_octets = 0;  // of encrypted messages, sent and received
    bool established = false;        // its first quick mode is done
    bool closing = false;            // no new quick modes (MS-AIPS 3.1.5.1, M15)
    bool closed_by_peer = false;
    bool doubted = false;  // sought because the peer may be dead: little patience (MS-IKEE 3.12.4)
    Announced peer_announced;
    bool fragmenting = false;    // large messages do not arrive whole (MS-IKEE 3.3.1, "Fragmentation active")
    bool lost = false;           // ended because the peer did not answer
    bool lifeless = false;       // lost, and it has been asked for a sign of life (RFC 3706)
    bool speaks_authip = false;  // IKEv1's: this host negotiates with the peer by AuthIP too (MS-AIPS 3.2.4)
    bool replaced = false;       // closing because the peer has started anew, under another one

    policy::Peer pad;            // its entry of the PAD, without names when it has none
    std::string announced_peer;  // GSS_ID: a hint (M14)
    std::string proved_peer;
    std::vector<MethodFailed> failed_methods;  // before it
    std::optional<auth::MethodId> method;      // that succeeded
    std::string proposal;                      // for people

    std::uint32_t impersonation_handle = 0;  // whose SA it is (exchange/quick_mode.h); 0: the machine's

    bool local_behind_nat = false;
    bool remote_behind_nat = false;
    bool nat_found() const { return local_behind_nat || remote_behind_nat; }
    Instant keepalive_at = kNever;  // when a NAT in front of this host is owed the next one

    // Quick modes that wait for their turn under this SA, the first of them for main mode to end.
    std::deque<QmRequest> waiting;

    Role role() const { return name.role; }
    bool initiator() const { return name.role == Role::kInitiator; }
};

}  // namespace keyline::exchange
