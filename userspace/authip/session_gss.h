// What the GSS-API exchanges of main mode and of extended mode have in common: the exchange's view of the
// main mode SA, what is done with its moves, and what its success has to give. Private to main_mode_*.cc and
// extended_mode_*.cc.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "authip/failure.h"
#include "authip/gss_exchange.h"
#include "authip/session.h"
#include "exchange/host.h"

namespace keyline::authip {

class SessionGss : public GssEnvironment {
  public:
    std::shared_ptr<auth::Context> new_context(auth::MethodId method) final;
    void method_tried(auth::MethodId method) final;
    void method_failed(auth::MethodId method, exchange::By by, std::uint32_t status,
                       const std::string& why) final;

    // Carries out what the exchange wants next.
    void apply(GssMove move);
    // The end of an authentication step.
    void finish_step(auth::StepResult result);
    // The method has succeeded here: g^xy for the keys, empty without a group, if it has proved whom policy
    // wants.
    std::expected<Secret, Failure> accept(const GssResult& result) const;

  protected:
    // `stage` is kAuthentication for main mode, kExtendedMode for extended mode.
    SessionGss(Session& session, exchange::Host& host, GssExchange& exchange, exchange::Stage stage)
        : session_(session), host_(host), exchange_(exchange), stage_(stage) {}

    Session& session_;
    exchange::Host& host_;

  private:
    virtual auth::PeerNames peer_names(auth::MethodId method) const = 0;
    // Initiator: with the credentials of the user whose SA it is.
    virtual bool impersonates() const = 0;
    // False when the payload is too long for a datagram.
    virtual bool send(wire::GssApi payload) = 0;
    // Initiator: both sides are done.
    virtual void succeeded() = 0;

    void fail(exchange::Reason reason, ErrorCode code, std::string text);
    bool in_extended_mode() const { return stage_ == exchange::Stage::kExtendedMode; }

    GssExchange& exchange_;
    const exchange::Stage stage_;
};

}  // namespace keyline::authip
