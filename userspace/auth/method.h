// The interface that every authentication method stands behind (MS-AIPS 2.2.3.1, 2.2.3.4; design decision 1):
// a method makes contexts, a context turns the peer's tokens into ours. Steps may block on a KDC, so they run
// off the loop.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/secret.h"

namespace keyline::auth {

// Auth_Method values of MS-AIPS 2.2.3.4; from 0xFF00 on methods of IKEv1 (policy/auth_method.h).
enum class MethodId : std::uint16_t {
    kKerberos = 2,
    kAnonymous = 3,
    kTls = 4,
    kNtlm = 5,
    kPreSharedKey = 0xFF01,
    kSignature = 0xFF02,
    kPublicKey = 0xFF03,
    kRevisedPublicKey = 0xFF04,
};

// "kerberos", "anonymous", "tls", "ntlm", "psk", "signature", "public-key", "revised-public-key": the names
// the configuration and the CLI use.
std::string to_string(MethodId id);
std::optional<MethodId> parse_method(std::string_view name);

struct StepInput {
    // The peer's token; empty for an initiator's first step.
    Bytes token;
};

struct StepResult {
    // Our token for the peer; may be empty, also while more steps follow.
    Bytes token;
    // This side is done: `secret` and `peer` are set.
    bool complete = false;
    // GSS-APIsecret (interpretation item 16).
    Secret secret;
    // What the method proved about the peer ("host/b.example.com@EXAMPLE.COM"); empty for anonymous.
    std::string peer;
    // Non-zero: the step failed. This Windows code (auth/sec_status.h) goes to the peer in the GSS-API
    // payload.
    std::uint32_t status = 0;
    // For people when status is not zero: what failed and the remedy, one line, no key octets.
    std::string failure;
    // A responder's step failed, and might not have with another credential of either side (M8).
    bool retry = false;
};

// Which side is to show another credential when a method is tried again (MS-AIPS 3.1, M8).
enum class Retry : std::uint8_t { kOwnCredential, kPeerCredential };

// One authentication attempt with one credential, in one role. Not thread-safe; used by one thread at a time.
class Context {
  public:
    virtual ~Context() = default;
    virtual StepResult step(const StepInput& input) = 0;
    // A fresh context of the same method after this one's attempt has failed; null when there is nothing else
    // to try.
    virtual std::shared_ptr<Context> retry(Retry) { return nullptr; }
    // Whether a step may wait for a server, such as a KDC, or only computes.
    virtual bool may_wait() const { return false; }
};

// Who the peer is said to be; a hint until the method has proved it (M14).
struct PeerNames {
    std::string wanted;     // what policy wants it to prove; empty: any name
    std::string announced;  // GSS_ID; empty when there was none
    bool user = false;      // it says that it authenticates as a user, not as a host

    const std::string& best() const { return wanted.empty() ? announced : wanted; }
};

// As whom an initiator authenticates when not as its machine.
struct Identity {
    std::uint32_t uid = 0;    // a user of this host; 0: none
    std::string credentials;  // explicit ones, by their name in policy; empty: the user's own
};

enum class End : std::uint8_t { kInitiator, kAcceptor };

// A configured method with its credentials. Shared by all negotiations; `initiate` and `accept` do not block.
class Method {
  public:
    virtual ~Method() = default;
    virtual MethodId id() const = 0;
    // The name this host announces in GSS_ID, UTF-8 (interpretation item 18); never empty.
    virtual std::string local_name() const = 0;
    // Whether the method must have a Diffie-Hellman exchange (anonymous and NTLM, interpretation item 11).
    virtual bool needs_dh() const = 0;
    virtual std::shared_ptr<Context> initiate(const PeerNames& peer) = 0;
    virtual std::shared_ptr<Context> accept(const PeerNames& peer) = 0;
    // The same as `initiate`, with other credentials than the machine's; null when the method keeps none for
    // anybody else. What is missing for `who` is found at the first step.
    virtual std::shared_ptr<Context> initiate_as([[maybe_unused]] const Identity& who,
                                                 [[maybe_unused]] const PeerNames& peer) {
        return nullptr;
    }
    // Whether success proves to this end who the other one is (MS-AIPS 1.7).
    virtual bool proves_peer_to([[maybe_unused]] End end) const { return true; }
};

}  // namespace keyline::auth
