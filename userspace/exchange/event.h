// What may happen to the keyer. The daemon (or a simulation) makes these; Keyer::handle takes one at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "auth/method.h"
#include "base/bytes.h"
#include "base/ip_address.h"
#include "policy/policy.h"
#include "policy/selector.h"

namespace keyline::exchange {

// A UDP payload that arrived; on port 4500 the non-ESP marker has been taken off.
struct DatagramReceived {
    Endpoint local;
    Endpoint remote;
    Bytes data;
};

// The time asked for by the last ArmTimer has come. Spurious ones do no harm.
struct TimerExpired {};

// A packet met a protect rule that has no SA (MS-AIPS 3.1.4.1).
struct Acquire {
    std::uint32_t rule = 0;
    policy::PacketTuple packet;
    std::uint32_t impersonation_handle = 0;
};

// The datapath reports that an SA has passed its soft or hard limit (octets, packets or, for hard, seconds).
struct SaExpired {
    policy::Direction direction = policy::Direction::kOutbound;
    std::uint32_t spi = 0;
    bool hard = false;
};

// The newest authenticated packet of an inbound SA with `follow_remote` came from there.
struct PeerMoved {
    std::uint32_t spi = 0;
    Endpoint remote;
};

// A quick mode's SAs have been quiet: its outbound SA has been sending for `unanswered` and nothing came
// back, or neither has been used for `idle`. Told every few seconds as long as it lasts; both are 0 unless
// they are long.
struct SaQuiet {
    std::uint32_t inbound_spi = 0;
    std::chrono::seconds unanswered{0};
    std::chrono::seconds idle{0};
};

// ESP came from `remote` under an SPI that `local` does not have. Nothing proves that `remote` sent it.
struct StrayEsp {
    IpAddress local;
    IpAddress remote;
};

// An authentication step that StartAuthStep asked for has ended, on whatever thread it ran.
struct AuthStepDone {
    std::uint64_t step = 0;
    auth::StepResult result;
};

// A local address has gone (MS-AIPS 3.1.7.1).
struct AddressGone {
    IpAddress address;
};

// An administrator asks for an SA to this peer (MS-AIPS 3.1.4.2), under the first protect rule that leads to
// it.
struct AdminUp {
    std::uint64_t request = 0;  // comes back in AdminDone
    IpAddress peer;
    // The local address that routing would use; without it the rule or host.listen has to name one.
    std::optional<IpAddress> local = std::nullopt;
};

// An administrator deletes: every SA with the peer, or the quick mode that owns the SPI.
struct AdminDown {
    std::uint64_t request = 0;
    std::variant<IpAddress, std::uint32_t> what;
};

// New policy (MS-AIPS 3.1.7.3): SAs that it no longer allows are deleted and the peers notified. `methods`
// are what the policy's credentials offer, in no particular order.
struct PolicyChanged {
    std::shared_ptr<const policy::Policy> policy;
    std::vector<std::shared_ptr<auth::Method>> methods;
};

// SAs found in the datapath's maps at start: traffic goes on under them, and the keyer renegotiates them when
// they expire. Keys stay in the maps.
struct SasAdopted {
    std::vector<policy::SadEntry> entries;  // without keys
};

// MS-AIPS 3.1.7.2: every SA is deleted with a notification, retransmitted once at most. The keyer reports
// ShutdownDone when nothing is owed any more.
struct Shutdown {};

using Event =
    std::variant<DatagramReceived, TimerExpired, Acquire, SaExpired, PeerMoved, SaQuiet, StrayEsp,
                 AuthStepDone, AddressGone, AdminUp, AdminDown, PolicyChanged, SasAdopted, Shutdown>;

}  // namespace keyline::exchange
