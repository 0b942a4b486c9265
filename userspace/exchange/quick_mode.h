// Quick modes as the keyer keeps them: wanted, and established (MS-AIPS 3.1.1, SAD).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "auth/method.h"
#include "base/ip_address.h"
#include "exchange/instant.h"
#include "exchange/report.h"
#include "policy/sad_entry.h"

namespace keyline::exchange {

// Users in one number (MS-AIPS 3.1.1, ImpersonationHandle): 0 is the machine and its root, below kPeerUsers
// are the uids of this host's users, from there on users of peers as extended mode has proved them.
inline constexpr std::uint32_t kPeerUsers = 0x80000000;
constexpr bool is_peer_user(std::uint32_t handle) { return handle >= kPeerUsers; }

// What a quick mode is for. Two requests of one traffic are one quick mode.
struct Traffic {
    std::uint32_t rule = 0;
    IpAddress local;  // where the SAs end
    IpAddress remote;
    policy::Mode mode = policy::Mode::kTransport;
    policy::Selector selector;
    std::uint32_t impersonation_handle = 0;

    auto operator<=>(const Traffic&) const = default;

    // The peer has another address: in transport mode it is the selector's, too.
    void move_to(const IpAddress& address) {
        remote = address;
        if (mode != policy::Mode::kTunnel) selector.remote = Prefix::host(address);
    }
};

// A quick mode that somebody waits for.
struct QmRequest {
    Traffic traffic;
    std::vector<policy::PacketTuple> packets;   // AcquireFailed tells their fate when there will be no SA
    std::vector<std::uint64_t> admin_requests;  // AdminDone tells them the result
    bool rekey = false;                         // an SA for this traffic exists and is about to end
    bool suspect = false;                       // the peer may be dead: little patience (MS-IKEE 3.12.4)
    bool guarantee_encryption = false;          // the peer asks for that (MS-IKEE 3.7.4.1)
    bool moved = false;         // its first main mode SA died under it: this is the last attempt
    Instant patience = kNever;  // until when it may wait for the peer's quick modes, once it has to
};

// An established quick mode: two SAs. The keys are in the datapath alone.
struct QmSa {
    std::uint64_t id = 0;
    std::uint64_t mm = 0;  // the main mode SA it was negotiated under; 0 once that is gone, or adopted
    Role role = Role::kInitiator;
    std::uint32_t message_id = 0;
    Traffic traffic;
    policy::EspSuite suite;
    std::uint32_t inbound_spi = 0;
    std::uint32_t outbound_spi = 0;
    std::string peer;
    std::optional<auth::MethodId> extended_method;  // of the main mode SA's extended mode
    Instant begun{};                                // its first message was sent or received
    Instant established{};
    Instant soft = kNever;    // when to ask for a successor
    Instant hard = kNever;    // when it ends
    Instant remove = kNever;  // superseded: end of the overlap (MS-AIPS 3.1.6.5)
    bool tell_peer = false;   // of its removal after the overlap
    bool adopted = false;
    bool fast_failover = false;  // the peer is a cluster (MS-IKEE 3.5.1)
    // MS-IKEE 3.12: how long its traffic may go unanswered before the peer is suspected; 0: as policy says.
    // Its successor is more patient if the suspicion was wrong: its traffic flows one way only.
    std::chrono::seconds patience{0};
    bool suspected = false;
    bool probed = false;  // its main mode SA's peer has been asked for a sign of life
    bool doomed = false;  // that peer gave none: it goes unless a new main mode is answered

    bool superseded() const { return remove != kNever; }
};

}  // namespace keyline::exchange
