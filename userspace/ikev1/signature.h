// Authentication by signatures with certificates (RFC 2409 5.1, RFC 4754). A responder requests certificates
// in message 4, an initiator in message 5; they are sent in messages 5 and 6.
#pragma once

#include <memory>
#include <vector>

#include "auth/x509_credentials.h"
#include "ikev1/authentication.h"

namespace keyline::ikev1 {

class Signature final : public Authentication {
  public:
    // `kind` is that of both sides' keys.
    Signature(std::shared_ptr<const auth::X509Credentials> credentials, auth::KeyKind kind)
        : credentials_(std::move(credentials)), kind_(kind) {}

    std::expected<Payloads, Failure> key_exchange(Session& session, exchange::Host& host) override;
    std::optional<Failure> take_key_exchange(Session& session, exchange::Host& host,
                                             const Incoming& message) override;
    std::expected<Secret, Failure> skeyid(const Session& session, const exchange::Host& host,
                                          const Secret& dh_secret) override;
    std::expected<Payloads, Failure> proof(const Session& session) override;
    std::expected<std::string, Failure> take_proof(const Session& session, const Incoming& message) override;

  private:
    void note_requests(const Incoming& message);
    void request_certificates(Payloads& payloads) const;

    const std::shared_ptr<const auth::X509Credentials> credentials_;
    const auth::KeyKind kind_;
    bool requested_ = false;                // the peer has requested a certificate
    std::vector<Bytes> their_authorities_;  // of these CAs; subjects in DER
};

}  // namespace keyline::ikev1
