// What both roles of extended mode share: its GSS-API round trips, its keys, its proofs. Private to
// extended_mode_*.cc.
#pragma once

#include <string>

#include "authip/session_gss.h"

namespace keyline::authip {

inline constexpr std::uint32_t kExtendedModeMessageId = 1;  // item 10

class ExtendedModeGss final : public SessionGss {
  public:
    // The session has an extended mode.
    ExtendedModeGss(Session& session, exchange::Host& host)
        : SessionGss(session, host, session.extended->gss, session.extended->credentials,
                     exchange::Stage::kExtendedMode) {}

    // The method has succeeded here: whom it has proved, and SKEYID_em.
    std::optional<Failure> take(const GssResult& result);

  private:
    auth::PeerNames peer_names(auth::MethodId method) const override;
    bool permits_explicit_credentials() const override { return session_.pad.explicit_credentials_em; }
    bool send(wire::GssApi payload) override;
    void succeeded() override;
};

// Initiator: both sides are done: the inbound SA, then Auth3.
void send_final_request(Session& session, exchange::Host& host);

// Auth3 is the initiator's, Auth4 the responder's (item 23).
Bytes extended_proof(const Session& session, exchange::Role of);

Failure invalid_extended(std::string text);
Failure untimely_extended(std::string text);

}  // namespace keyline::authip
