// Authentication by a pre-shared key (RFC 2409 5.4): only who has it can derive the keys and the proof.
#pragma once

#include "ikev1/authentication.h"

namespace keyline::ikev1 {

class PreSharedKey final : public Authentication {
  public:
    std::expected<Payloads, Failure> key_exchange(Session& session, exchange::Host& host) override;
    std::optional<Failure> take_key_exchange(Session& session, exchange::Host& host,
                                             const Incoming& message) override;
    std::expected<Secret, Failure> skeyid(const Session& session, const exchange::Host& host,
                                          const Secret& dh_secret) override;
    std::expected<Payloads, Failure> proof(const Session& session) override;
    std::expected<std::string, Failure> take_proof(const Session& session, const Incoming& message) override;
};

}  // namespace keyline::ikev1
