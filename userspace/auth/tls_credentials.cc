#include "auth/tls_credentials.h"

#include <openssl/err.h>

#include <utility>

#include "auth/certificate_name.h"
#include "auth/failure.h"

namespace keyline::auth::tls {
namespace {

// With forward secrecy alone, as AuthIP adds no Diffie-Hellman exchange of its own to TLS by default.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+AES256:ECDHE+AES128:!aNULL:!eNULL";
constexpr int kLongestChain = 8;

std::string openssl_words() {
    const char* const words = ERR_reason_error_string(ERR_peek_error());
    return words == nullptr ? "unknown error" : printable(words);
}

enum class Owner { kHost, kUser };

std::expected<Certificate, std::string> read_certificate(const policy::TlsCertificate& settings,
                                                         Owner owner) {
    const bool of_user = owner == Owner::kUser;
    const std::string table = of_user ? "auth.credentials" : "auth.tls";
    auto certificate = x509::read_keyed_certificate(table, settings.file, settings.key);
    if (!certificate) return std::unexpected(std::move(certificate.error()));
    const X509* const leaf = certificate->leaf.get();
    std::string name = of_user ? x509::user_name(leaf) : x509::certificate_name(leaf);
    if (name.empty()) {
        return x509::unread(
            table + ".certificate.file", settings.file,
            of_user ? "the certificate names nobody: give it a subjectAltName of type UPN or email"
                    : "the certificate names no host: give it a subjectAltName of type DNS");
    }
    return Certificate{{std::move(*certificate)}, std::move(name)};
}

std::expected<std::vector<Certificate>, std::string> read_own(
    const std::vector<policy::TlsCertificate>& settings, Owner owner) {
    std::vector<Certificate> certificates;
    for (const policy::TlsCertificate& entry : settings) {
        auto certificate = read_certificate(entry, owner);
        if (!certificate) return std::unexpected(std::move(certificate.error()));
        certificates.push_back(*std::move(certificate));
    }
    return certificates;
}

// What peers' certificates are checked against.
std::expected<void, std::string> read_authorities(SSL_CTX* context, const policy::TlsAuth& settings) {
    const auto authorities =
        x509::read_authorities("auth.tls", settings.ca, settings.crl, SSL_CTX_get_cert_store(context));
    if (!authorities) return std::unexpected(authorities.error());
    for (const x509::X509Ptr& authority : *authorities)
        SSL_CTX_add_client_CA(context, authority.get());
    return {};
}

}  // namespace

std::expected<std::shared_ptr<const Credentials>, std::string> Credentials::load(
    const policy::TlsAuth& settings) {
    const std::shared_ptr<Credentials> credentials(new Credentials);
    credentials->mutual_ = settings.mutual;
    auto certificates = read_own(settings.certificates, Owner::kHost);
    if (!certificates) return std::unexpected(std::move(certificates.error()));
    credentials->certificates_ = *std::move(certificates);
    SslContextPtr context(SSL_CTX_new(TLS_method()));
    if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(context.get(), kCiphers) != 1) {
        return std::unexpected("TLS: OpenSSL does not offer TLS 1.2 (" + openssl_words() +
                               "): correct openssl.cnf");
    }
    SSL_CTX_set_options(context.get(),
                        SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify_depth(context.get(), kLongestChain);
    if (const auto read = read_authorities(context.get(), settings); !read)
        return std::unexpected(read.error());
    credentials->context_ = std::move(context);
    return credentials;
}

std::expected<std::shared_ptr<const Credentials>, std::string> Credentials::with_user_certificates(
    const std::vector<policy::TlsCertificate>& certificates) const {
    auto own = read_own(certificates, Owner::kUser);
    if (!own) return std::unexpected(std::move(own.error()));
    const std::shared_ptr<Credentials> credentials(new Credentials);
    credentials->mutual_ = true;
    credentials->certificates_ = *std::move(own);
    credentials->context_ = context_;
    return credentials;
}

SslPtr Credentials::new_handshake() const { return SslPtr(SSL_new(context_.get())); }

bool Credentials::use(SSL* ssl, std::size_t certificate) const {
    const Certificate& shown = certificates_[certificate];
    return SSL_use_cert_and_key(ssl, shown.leaf.get(), shown.key.get(), shown.chain.get(), 1) == 1;
}

}  // namespace keyline::auth::tls
