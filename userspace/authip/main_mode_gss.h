// The GSS-API exchange of main mode. Private to main_mode_*.cc.
#pragma once

#include "authip/session_gss.h"

namespace keyline::authip {

class MainModeGss final : public SessionGss {
  public:
    MainModeGss(Session& session, exchange::Host& host)
        : SessionGss(session, host, session.gss, exchange::Stage::kAuthentication) {}

  private:
    auth::PeerNames peer_names(auth::MethodId method) const override;
    bool impersonates() const override { return false; }
    bool send(wire::GssApi payload) override;
    void succeeded() override;

    std::optional<Failure> derive_keys();
};

}  // namespace keyline::authip
