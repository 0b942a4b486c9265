// What a TLS method authenticates with and by: [auth.tls] of the configuration, loaded. Private to auth/.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "auth/certificate_files.h"
#include "auth/tls_objects.h"
#include "policy/policy.h"

namespace keyline::auth::tls {

struct Certificate : x509::KeyedCertificate {
    std::string name;  // what it proves (certificate_name.h)
};

// Immutable, so thread-safe.
class Credentials {
  public:
    // Reads all files. The error, one line, names the file and the remedy.
    static std::expected<std::shared_ptr<const Credentials>, std::string> load(
        const policy::TlsAuth& settings);
    // The same authorities and settings with these certificates, which have to name a user, and are always
    // shown.
    std::expected<std::shared_ptr<const Credentials>, std::string> with_user_certificates(
        const std::vector<policy::TlsCertificate>& certificates) const;

    // Mutual authentication; otherwise the responder's alone.
    bool mutual() const { return mutual_; }
    const std::vector<Certificate>& certificates() const { return certificates_; }
    // A handshake to come, without a role: TLS 1.2, with the CAs and CRLs of the settings.
    SslPtr new_handshake() const;
    // Shows this certificate, or has `ssl` show it when it is asked for one.
    bool use(SSL* ssl, std::size_t certificate) const;

  private:
    Credentials() = default;

    bool mutual_ = true;
    std::vector<Certificate> certificates_;
    std::shared_ptr<SSL_CTX> context_;
};

}  // namespace keyline::auth::tls
