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
    // A payload of the peer's. The flags of an initiator's say whose credentials the attempt is by; those
    // that are not the sender's to set are ignored (MS-AIPS 2.2.3.1).
    void receive(const wire::GssApi& payload);
    // The end of an authentication step.
    void finish_step(auth::StepResult result);
    // The method has succeeded here: g^xy for the keys, empty without a group, if it has proved whom policy
    // wants, by credentials that the PAD permits.
    std::expected<Secret, Failure> accept(const GssResult& result) const;

  protected:
    // `stage` is kAuthentication for main mode, kExtendedMode for extended mode.
    SessionGss(Session& session, exchange::Host& host, GssExchange& exchange, Credentials& credentials,
               exchange::Stage stage)
        : session_(session), host_(host), credentials_(credentials), exchange_(exchange), stage_(stage) {}

    // Initiator: the payload, saying whose credentials it is by.
    wire::GssApi flagged(wire::GssApi payload) const;

    Session& session_;
    exchange::Host& host_;
    Credentials& credentials_;

  private:
    virtual auth::PeerNames peer_names(auth::MethodId method) const = 0;
    // MS-AIPS 3.1.1, PAD.
    virtual bool permits_explicit_credentials() const = 0;
    // False when the payload is too long for a datagram.
    virtual bool send(wire::GssApi payload) = 0;
    // Initiator: both sides are done.
    virtual void succeeded() = 0;

    std::optional<std::string> refusal_of(const GssResult& result) const;
    void fail(exchange::Reason reason, ErrorCode code, std::string text);
    bool in_extended_mode() const { return stage_ == exchange::Stage::kExtendedMode; }

    GssExchange& exchange_;
    const exchange::Stage stage_;
};

}  // namespace keyline::authip
