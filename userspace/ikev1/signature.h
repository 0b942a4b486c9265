// Authentication by signatures with certificates (RFC 2409 5.1, RFC 4754). A responder requests certificates
// in message 4, an initiator in message 5; they are sent in messages 5 and 6.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "auth/x509_credentials.h"
#include "ikev1/authentication.h"

namespace keyline::ikev1 {

class Signature final : public Authentication {
  public:
    // `kind` is that of both sides' keys; a certificate of the `refused`, DER, is the last to be shown.
    Signature(std::shared_ptr<const auth::X509Credentials> credentials, auth::KeyKind kind,
              std::vector<Bytes> refused)
        : credentials_(std::move(credentials)), kind_(kind), refused_(std::move(refused)) {}

    std::expected<Payloads, Failure> key_exchange(Session& session, exchange::Host& host) override;
    std::optional<Failure> take_key_exchange(Session& session, exchange::Host& host,
                                             const Incoming& message) override;
    std::expected<Secret, Failure> skeyid(const Session& session, const exchange::Host& host,
                                          const Secret& dh_secret) override;
    std::expected<Payloads, Failure> proof(const Session& session) override;
    std::expected<std::string, Failure> take_proof(const Session& session, const Incoming& message) override;
    Bytes own_certificate() const override { return own().der(); }
    Bytes peer_certificate() const override { return their_certificate_; }

  private:
    const auth::OwnCertificate& own() const {
        return *credentials_->choose(kind_, their_authorities_, refused_);
    }
    void note_requests(const Incoming& message);
    void request_certificates(Payloads& payloads) const;

    const std::shared_ptr<const auth::X509Credentials> credentials_;
    const auth::KeyKind kind_;
    const std::vector<Bytes> refused_;
    Bytes their_certificate_;               // the first that they have sent, DER
    bool requested_ = false;                // the peer has requested a certificate
    std::vector<Bytes> their_authorities_;  // of these CAs; subjects in DER
};

}  // namespace keyline::ikev1
