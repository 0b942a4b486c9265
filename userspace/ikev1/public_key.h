// Authentication by public key encryption (RFC 2409 5.2): each side encrypts its ID and its nonce for the
// other, and only who can decrypt them can derive the keys and the proof.
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "auth/x509_credentials.h"
#include "ikev1/authentication.h"

namespace keyline::ikev1 {

class PublicKey : public Authentication {
  public:
    PublicKey(std::shared_ptr<const auth::X509Credentials> credentials, std::span<const Bytes> refused);

    std::expected<Payloads, Failure> key_exchange(Session& session, exchange::Host& host) override;
    std::optional<Failure> take_key_exchange(Session& session, exchange::Host& host,
                                             const Incoming& message) override;
    std::expected<Secret, Failure> skeyid(const Session& session, const exchange::Host& host,
                                          const Secret& dh_secret) final;
    std::expected<Payloads, Failure> proof(const Session& session) final;
    std::expected<std::string, Failure> take_proof(const Session& session, const Incoming& message) final;
    Bytes own_certificate() const final { return own_->der(); }
    bool proves_in_key_exchange() const final { return true; }

  protected:
    const auth::X509Credentials& credentials() const { return *credentials_; }
    const auth::OwnCertificate& own() const { return *own_; }
    // The body of this side's ID payload.
    Bytes own_id(const Session& session) const;

    // Initiator, before message 3: the certificate to encrypt for.
    std::optional<Failure> choose_peer(const Session& session);
    // Responder: which of this side's certificates message 3 was encrypted for.
    std::optional<Failure> choose_own(const Session& session, const Incoming& message);
    // HASH(1), by which an initiator names the certificate; a responder's message has none.
    void name_certificate(const Session& session, Payloads& payloads) const;

    std::expected<Bytes, Failure> encrypt(ByteView body) const;
    std::optional<Secret> decrypt(ByteView ciphertext) const { return own_->decrypt(ciphertext); }
    // A nonce that cannot be decrypted becomes a random one: negotiation fails in the end, but nobody can
    // tell good padding from bad.
    Bytes open_nonce(const Incoming& message, exchange::Host& host) const;
    // `body` is that of the peer's ID payload, decrypted; none: it could not be. `sent` is the peer's
    // certificate in DER, if it came along.
    std::optional<Failure> take_id(const Session& session, const std::optional<Bytes>& body,
                                   std::span<const Bytes> sent);

  private:
    const std::shared_ptr<const auth::X509Credentials> credentials_;
    const auth::OwnCertificate* own_;  // one of credentials_
    std::optional<auth::PeerCertificate> peer_;
    Bytes peer_id_;  // the body of its ID payload
};

}  // namespace keyline::ikev1
