// What the keyer wants done. The daemon carries these out in order; a simulation or a test looks at them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "auth/method.h"
#include "base/bytes.h"
#include "base/ip_address.h"
#include "base/secret.h"
#include "exchange/instant.h"
#include "exchange/report.h"
#include "policy/main_mode.h"
#include "policy/sad_entry.h"
#include "wire/message.h"

namespace keyline::exchange {

// A datagram to send. To or from port 4500 the sender puts the non-ESP marker in front.
struct Send {
    Endpoint local;
    Endpoint remote;
    Bytes data;
};

// One octet 0xFF from and to port 4500, without marker (RFC 3948 2.3): keeps a NAT's mapping alive.
struct SendKeepalive {
    Endpoint local;
    Endpoint remote;
};

// Install one direction's SA. An outbound SA with the same rule and selector replaces the older one in place
// (docs/architecture.md, "Fail closed"); the older one is removed by its own RemoveSa later.
struct InstallSa {
    policy::SadEntry entry;
};

struct RemoveSa {
    policy::Direction direction = policy::Direction::kInbound;
    std::uint32_t spi = 0;
    IpAddress remote;  // the peer: outbound SPIs are chosen by it and unique only with it
};

// The peer of an SA behind a NAT is somewhere else now (RFC 3947 7): `to` takes the place of its address and
// of its UDP port, and in transport mode of the selector's remote address too.
struct MoveSa {
    policy::Direction direction = policy::Direction::kInbound;
    std::uint32_t spi = 0;
    IpAddress from;
    Endpoint to;
};

// Run one authentication step off the loop: `context->step(token)`; the result comes back as AuthStepDone
// with the same number. The keyer gives up its use of the context until then.
struct StartAuthStep {
    std::uint64_t step = 0;
    std::shared_ptr<auth::Context> context;
    auth::StepInput input;
};

// Call again with TimerExpired at this time; replaces any earlier one.
struct ArmTimer {
    Instant at;
};

// The acquire for this rule and packet has failed for now: packets held for it are dropped and counted.
struct AcquireFailed {
    std::uint32_t rule = 0;
    policy::PacketTuple packet;
    std::uint32_t impersonation_handle = 0;
};

// What cookies are made under (shared/dos_cookie.h), and were before that.
struct CookieSecrets {
    Secret current;
    Secret previous;
};

// First messages are to bring a DoS cookie, or need not any more (MS-AIPS 3.1.7.6); again whenever the
// secrets have turned. Who can ask for cookies in the keyer's place may do so; the keyer does as well.
struct SetDosProtection {
    bool active = false;
    CookieSecrets secrets;
};

// What opens a main mode SA's encrypted messages, for an analyser. Made only when policy has
// debug.key_export.
struct ExportMmKeys {
    policy::Protocol protocol = policy::Protocol::kAuthip;
    wire::Cookie initiator_cookie{};
    wire::Cookie responder_cookie{};
    policy::MmProposal proposal;
    Secret encryption_key;  // of messages
    // AuthIP's messages end in an ICV.
    Secret integrity_key;  // SKEYID_a
    std::size_t icv_octets = 0;
};

using Action = std::variant<Send, SendKeepalive, InstallSa, RemoveSa, MoveSa, StartAuthStep, ArmTimer,
                            AcquireFailed, SetDosProtection, ExportMmKeys, Report>;
using Actions = std::vector<Action>;

}  // namespace keyline::exchange
