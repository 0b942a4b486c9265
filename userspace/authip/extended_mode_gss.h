// What both roles of extended mode share: its GSS-API round trips, its keys, its proofs. Private to
// extended_mode_*.cc.
#pragma once

#include <string>
#include <vector>

#include "authip/failure.h"
#include "authip/gss_exchange.h"
#include "authip/session.h"
#include "exchange/host.h"

namespace keyline::authip {

inline constexpr std::uint32_t kExtendedModeMessageId = 1;  // item 10

class ExtendedModeGss final : public GssEnvironment {
  public:
    ExtendedModeGss(Session& session, exchange::Host& host) : session_(session), host_(host) {}

    std::shared_ptr<auth::Context> new_context(auth::MethodId method) override;
    void method_tried(auth::MethodId method) override;
    void method_failed(auth::MethodId method, exchange::By by, std::uint32_t status,
                       const std::string& why) override;

  private:
    Session& session_;
    exchange::Host& host_;
};

// Carries out what the GSS-API exchange wants next.
void apply_extended(Session& session, exchange::Host& host, GssMove move);

// Initiator: both sides are done: the inbound SA, then Auth3.
void send_final_request(Session& session, exchange::Host& host);

// The method has succeeded here: whom it has proved, and SKEYID_em.
std::optional<Failure> take_extended_result(Session& session, GssResult& result);

// Auth3 is the initiator's, Auth4 the responder's (item 23).
Bytes extended_proof(const Session& session, exchange::Role of);

Failure invalid_extended(std::string text);
Failure untimely_extended(std::string text);

}  // namespace keyline::authip
