// The GSS-API exchange of main mode. Private to main_mode_*.cc.
#pragma once

#include "authip/session_gss.h"

namespace keyline::authip {

class MainModeGss final : public SessionGss {
  public:
    MainModeGss(Session& session, exchange::Host& host)
        : SessionGss(session, host, session.gss, session.credentials, exchange::Stage::kAuthentication) {}

    // Initiator: the end of the step that makes #1's token, and the payload; none when there is no token.
    std::optional<wire::GssApi> first_token(auth::StepResult result);

  private:
    auth::PeerNames peer_names(auth::MethodId method) const override;
    bool permits_explicit_credentials() const override { return session_.pad.explicit_credentials_mm; }
    bool send(wire::GssApi payload) override;
    void succeeded() override;

    std::optional<Failure> derive_keys();
};

}  // namespace keyline::authip
