// One TLS 1.2 handshake without a socket: records in and out of memory (RFC 5246 7.3). Private to auth/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "auth/certificate_refusal.h"
#include "auth/ending_context.h"
#include "auth/tls_credentials.h"

namespace keyline::auth::tls {

enum class Role : std::uint8_t { kClient, kServer };

// What an attempt hands to the next one.
struct Attempt {
    std::size_t certificate = 0;              // which of this side's is shown first
    std::vector<Bytes> refused_fingerprints;  // the peer's certificates that this side has refused
};

class Handshake final : public EndingContext {
  public:
    Handshake(std::shared_ptr<const Credentials> credentials, Role role, PeerNames peer,
              Attempt attempt = {});

    // A server always has another attempt: it shows its certificates in turn. A client has none once it has
    // shown all of its own, or was shown a certificate that it had refused before.
    std::shared_ptr<Context> retry(Retry retry) override;

  private:
    bool client() const { return role_ == Role::kClient; }
    // Whoever says that they are a user has to show it.
    bool mutual() const { return credentials_->mutual() || (!client() && peer_.user); }
    StepResult advance(ByteView token) override;
    StepResult complete(Bytes token);
    StepResult failed(const Failure& failure) const;
    Bytes output();
    // OpenSSL's callbacks.
    static int verified(int accepted, X509_STORE_CTX* store);
    static int asked_for_certificate(SSL* ssl, void* handshake);

    const std::shared_ptr<const Credentials> credentials_;
    const Role role_;
    const PeerNames peer_;
    const std::string activity_;
    Attempt attempt_;
    SslPtr ssl_;
    BIO* input_ = nullptr;   // owned by ssl_
    BIO* output_ = nullptr;  // owned by ssl_
    std::optional<x509::Refusal> refusal_;
    bool refused_again_ = false;  // what had been refused in an earlier attempt
    bool asked_ = false;          // client: the server has asked for a certificate
};

}  // namespace keyline::auth::tls
