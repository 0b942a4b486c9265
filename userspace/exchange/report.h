// What the keyer tells people: the log, `keyline monitor`, `keyline probe` and the demonstration's ladder are
// made from these. No report holds key octets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "auth/method.h"
#include "base/ip_address.h"
#include "exchange/counters.h"
#include "policy/sad_entry.h"

namespace keyline::exchange {

enum class Role : std::uint8_t { kInitiator, kResponder };
enum class By : std::uint8_t { kLocal, kPeer };

// Names one main mode SA in reports and snapshots. `id` is unique for the keyer's life; 0 before an SA
// exists.
struct MmName {
    std::uint64_t id = 0;
    Role role = Role::kInitiator;
    Endpoint local;
    Endpoint remote;
};

struct MmStarted {
    MmName mm;
};

// What was offered and what was chosen, for `keyline probe`: "aes-cbc-256/sha2-256/ecp256" and method names.
struct MmProposed {
    MmName mm;
    By by = By::kLocal;
    std::vector<std::string> proposals;
    std::vector<auth::MethodId> methods;
};
struct MmChosen {
    MmName mm;
    By by = By::kPeer;
    std::string proposal;
    std::vector<auth::MethodId> methods;
};

// Extended mode's methods: what the initiator offered, what the responder chose.
struct EmProposed {
    MmName mm;
    By by = By::kLocal;
    std::vector<auth::MethodId> methods;
};
struct EmChosen {
    MmName mm;
    By by = By::kPeer;
    std::vector<auth::MethodId> methods;
};

struct MethodTried {
    MmName mm;
    auth::MethodId method = auth::MethodId::kKerberos;
    bool extended_mode = false;
};

struct MethodFailed {
    MmName mm;
    auth::MethodId method = auth::MethodId::kKerberos;
    By by = By::kLocal;
    std::uint32_t status = 0;  // Windows SEC_E_* code that went over the wire
    std::string reason;        // one line with the remedy; empty when only the peer knows
    bool extended_mode = false;
};

// Whose credentials an initiator has used, if not its machine's (MS-AIPS 2.2.3.1, 3.1.1).
struct CredentialFlags {
    bool impersonation = false;         // a user's
    bool explicit_credentials = false;  // handed over for the purpose

    bool any() const { return impersonation || explicit_credentials; }

    bool operator==(const CredentialFlags&) const = default;
};

// What extended mode has proved (MS-AIPS 3.6, 3.7).
struct EmProof {
    auth::MethodId method = auth::MethodId::kKerberos;
    std::string peer;  // to a responder, the user
    CredentialFlags credentials;
};

// The first quick mode, or extended mode after it, has proved both sides.
struct MmEstablished {
    MmName mm;
    std::string peer;  // the proved name; empty for anonymous
    auth::MethodId method = auth::MethodId::kKerberos;
    std::string proposal;
    bool nat = false;
    CredentialFlags credentials;  // main mode's
    std::optional<EmProof> extended_mode;
    std::uint32_t impersonation_handle = 0;  // 0: the machine's (exchange/quick_mode.h)
};

// The peer is behind a NAT and has been heard from another address or port than `from`; the SAs have
// followed.
struct MmMoved {
    MmName mm;
    Endpoint from;
};

struct QmProposed {
    MmName mm;
    std::uint32_t message_id = 0;
    By by = By::kLocal;
    std::string selector;
    std::vector<std::string> suites;
    bool pfs = false;
};

// Both SAs of a quick mode are installed.
struct QmEstablished {
    MmName mm;
    std::uint32_t message_id = 0;
    std::uint32_t inbound_spi = 0;
    std::uint32_t outbound_spi = 0;
    policy::Mode mode = policy::Mode::kTransport;
    policy::Selector selector;
    policy::EspSuite suite;
    std::uint32_t rule = 0;
    bool rekey = false;
    bool pfs = false;
};

struct QmDeleted {
    std::uint32_t inbound_spi = 0;
    std::uint32_t outbound_spi = 0;
    policy::Selector selector;
    std::string reason;  // "superseded", "lifetime", "asked for by the peer", ...
};

struct MmDeleted {
    MmName mm;
    std::string reason;
};

enum class Stage : std::uint8_t { kMainMode, kAuthentication, kQuickMode, kExtendedMode, kNotify };

// A negotiation came to nothing. `code` is the Windows error code (13800-13999) on the wire, 0 if none was
// sent.
struct NegotiationFailed {
    MmName mm;
    Stage stage = Stage::kMainMode;
    By by = By::kLocal;
    Reason reason = Reason::kTimeout;
    std::uint32_t code = 0;
    std::string text;  // one line: what failed, and the remedy
};

// A message as the figures of MS-AIPS 4 draw it: `number` counts the messages of this main mode SA's
// exchanges
// ("#1"), 0 for notifies; `payloads` is "SA, Auth, Ni, VID", also for an encrypted message.
struct MessageSent {
    MmName mm;
    std::uint32_t number = 0;
    std::uint8_t exchange_type = 0;
    std::uint32_t message_id = 0;
    bool encrypted = false;
    bool retransmission = false;
    std::string payloads;
    std::size_t octets = 0;
};
struct MessageReceived {
    MmName mm;
    std::uint32_t number = 0;
    std::uint8_t exchange_type = 0;
    std::uint32_t message_id = 0;
    bool encrypted = false;
    std::string payloads;
    std::size_t octets = 0;
};

// A datagram, or an event, that was dropped or refused. Hostile senders can raise these at will: limit their
// log rate.
struct Dropped {
    Reason reason = Reason::kMalformedHeader;
    Endpoint remote;
    std::string text;
};

// First messages have to bring a cookie now, or need not any more (MS-AIPS 3.1.7.6).
struct DosProtection {
    bool active = false;
    std::size_t incomplete = 0;  // unfinished main mode SAs
};

// An administrator's request has ended.
struct AdminDone {
    std::uint64_t request = 0;
    bool ok = false;
    std::string text;  // one line
};

struct Warning {
    std::string text;
};

// Nothing is owed to any peer any more; the keyer may be destroyed.
struct ShutdownDone {};

using Report =
    std::variant<MmStarted, MmProposed, MmChosen, EmProposed, EmChosen, MethodTried, MethodFailed,
                 MmEstablished, MmMoved, QmProposed, QmEstablished, QmDeleted, MmDeleted, NegotiationFailed,
                 MessageSent, MessageReceived, Dropped, DosProtection, AdminDone, Warning, ShutdownDone>;

std::string to_string(Role role);
std::string to_string(By by);
std::string to_string(Stage stage);

}  // namespace keyline::exchange
