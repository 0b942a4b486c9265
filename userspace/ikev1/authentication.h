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
};

// The Authentication Method attributes (RFC 2409 appendix A) of the policy's methods that this host has
// credentials for, in policy's order.
std::vector<std::uint16_t> authentication_codes(const policy::MainMode& main_mode,
                                                const exchange::Host& host);
// Empty for an attribute that is not known.
std::optional<auth::MethodId> method_of_code(std::uint16_t code);
// For one of `authentication_codes`.
std::unique_ptr<Authentication> make_authentication(std::uint16_t code, const exchange::Host& host);

}  // namespace keyline::ikev1
