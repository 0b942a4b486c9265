// Authentication by revised public key encryption (RFC 2409 5.3): the nonces alone are encrypted with public
// keys, all else with keys made of them. An initiator may send its certificate along.
#pragma once

#include "ikev1/public_key.h"

namespace keyline::ikev1 {

class RevisedPublicKey final : public PublicKey {
  public:
    using PublicKey::PublicKey;

    std::expected<Payloads, Failure> key_exchange(Session& session, exchange::Host& host) override;
    std::optional<Failure> take_key_exchange(Session& session, exchange::Host& host,
                                             const Incoming& message) override;
};

}  // namespace keyline::ikev1
