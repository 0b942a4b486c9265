// What main mode's authentication methods do differently (RFC 2409 5.1 to 5.4): the payloads of messages 3
// and 4, SKEYID, and the proofs of messages 5 and 6. One object for each main mode SA.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "auth/method.h"
#include "exchange/host.h"
#include "ikev1/failure.h"
#include "policy/main_mode.h"
#include "wire/message.h"

namespace keyline::ikev1 {

struct Incoming;
struct Session;

// What has been refused in main modes just before (refusals.h). Methods are Authentication Method attributes,
// certificates are in DER.
struct Refusals {
    struct Own {
        std::uint16_t method = 0;
        Bytes certificate;
    };
    std::vector<Own> own;                // this host's certificates, with one method each
    std::vector<std::uint16_t> methods;  // that are of no use at all
    std::vector<Bytes> peers;            // certificates of the peer's

    bool empty() const { return own.empty() && methods.empty() && peers.empty(); }
};

using Payloads = std::vector<wire::Payload>;

class Authentication {
  public:
    virtual ~Authentication() = default;

    // Messages 3 and 4 without NAT-D. This side's public value and nonce have been made; a responder has
    // taken the peer's already.
    virtual std::expected<Payloads, Failure> key_exchange(Session& session, exchange::Host& host) = 0;
    // Sets the peer's public value and its nonce.
    virtual std::optional<Failure> take_key_exchange(Session& session, exchange::Host& host,
                                                     const Incoming& message) = 0;
    // `dh_secret` is g^xy.
    virtual std::expected<Secret, Failure> skeyid(const Session& session, const exchange::Host& host,
                                                  const Secret& dh_secret) = 0;
    // Messages 5 and 6 without INITIAL-CONTACT. The keys exist.
    virtual std::expected<Payloads, Failure> proof(const Session& session) = 0;
    // The peer's; the name that it proves, for people.
    virtual std::expected<std::string, Failure> take_proof(const Session& session,
                                                           const Incoming& message) = 0;

    // What each side shows of itself, in DER; empty: no certificate, or none yet.
    virtual Bytes own_certificate() const { return {}; }
    virtual Bytes peer_certificate() const { return {}; }
    // An initiator shows itself with message 3 already.
    virtual bool proves_in_key_exchange() const { return false; }
};

// The Authentication Method attributes (RFC 2409 appendix A) of the policy's methods that this host has
// credentials for, beside those refused, in policy's order.
std::vector<std::uint16_t> authentication_codes(const policy::MainMode& main_mode, const exchange::Host& host,
                                                const Refusals& refusals = {});
// Empty for an attribute that is not known.
std::optional<auth::MethodId> method_of_code(std::uint16_t code);
// For one of `authentication_codes`. A certificate that has been refused is the last to be taken.
std::unique_ptr<Authentication> make_authentication(std::uint16_t code, const exchange::Host& host,
                                                    const Refusals& refusals);

}  // namespace keyline::ikev1
