#include "auth/tls_credentials.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "auth/certificate_name.h"
#include "auth/failure.h"

namespace keyline::auth::tls {
namespace {

using Unread = std::unexpected<std::string>;

// With forward secrecy alone, as AuthIP adds no Diffie-Hellman exchange of its own to TLS by default.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+AES256:ECDHE+AES128:!aNULL:!eNULL";
constexpr int kLongestChain = 8;

std::string openssl_words() {
    const char* const words = ERR_reason_error_string(ERR_peek_error());
    return words == nullptr ? "unknown error" : printable(words);
}

std::unexpected<std::string> unread(const std::string& key, const std::string& file, const std::string& why) {
    return Unread("TLS, " + key + " " + printable(file) + ": " + why);
}

std::expected<BioPtr, std::string> open(const std::string& key, const std::string& file) {
    ERR_clear_error();
    errno = 0;
    BioPtr bio(BIO_new_file(file.c_str(), "r"));
    if (bio) return bio;
    return unread(key, file, std::string(std::strerror(errno)) + ": create the file, or correct its path");
}

// No terminal is asked for a passphrase.
int no_passphrase(char*, int, int, void*) { return -1; }

// Every object of one kind in a PEM file, at least one.
template <typename Pointer, auto kRead>
std::expected<std::vector<Pointer>, std::string> read_all(const std::string& key, const std::string& file,
                                                          const std::string& kind) {
    const auto bio = open(key, file);
    if (!bio) return std::unexpected(bio.error());
    std::vector<Pointer> objects;
    while (Pointer object{kRead(bio->get(), nullptr, no_passphrase, nullptr)})
        objects.push_back(std::move(object));
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE || objects.empty())
        return unread(key, file, "holds no " + kind + " in PEM form, or a damaged one");
    ERR_clear_error();
    return objects;
}

constexpr auto read_certificates = read_all<X509Ptr, PEM_read_bio_X509>;
constexpr auto read_crls = read_all<CrlPtr, PEM_read_bio_X509_CRL>;

std::expected<Certificate, std::string> read_certificate(const policy::TlsCertificate& settings) {
    constexpr const char* kKey = "auth.tls.certificate.key";
    auto chain = read_certificates("auth.tls.certificate.file", settings.file, "certificate");
    if (!chain) return std::unexpected(std::move(chain.error()));
    Certificate certificate{.file = settings.file,
                            .name = certificate_name(chain->front().get()),
                            .leaf = std::move(chain->front()),
                            .key = {},
                            .chain = X509ListPtr(sk_X509_new_null())};
    if (certificate.name.empty()) {
        return unread("auth.tls.certificate.file", settings.file,
                      "the certificate names no host: give it a subjectAltName of type DNS");
    }
    for (std::size_t i = 1; i < chain->size(); ++i)
        sk_X509_push(certificate.chain.get(), (*chain)[i].release());

    const auto bio = open(kKey, settings.key);
    if (!bio) return std::unexpected(bio.error());
    certificate.key.reset(PEM_read_bio_PrivateKey(bio->get(), nullptr, no_passphrase, nullptr));
    if (!certificate.key)
        return unread(kKey, settings.key, "holds no private key in PEM form without a passphrase");
    if (X509_check_private_key(certificate.leaf.get(), certificate.key.get()) != 1)
        return unread(kKey, settings.key, "is not the key of the certificate " + printable(settings.file));
    return certificate;
}

// What peers' certificates are checked against.
std::expected<void, std::string> read_authorities(SSL_CTX* context, const policy::TlsAuth& settings) {
    X509_STORE* const store = SSL_CTX_get_cert_store(context);
    for (const std::string& file : settings.ca) {
        const auto authorities = read_certificates("auth.tls.ca", file, "certificate");
        if (!authorities) return std::unexpected(authorities.error());
        for (const X509Ptr& authority : *authorities) {
            X509_STORE_add_cert(store, authority.get());
            SSL_CTX_add_client_CA(context, authority.get());
        }
    }
    for (const std::string& file : settings.crl) {
        const auto crls = read_crls("auth.tls.crl", file, "CRL");
        if (!crls) return std::unexpected(crls.error());
        for (const CrlPtr& crl : *crls)
            X509_STORE_add_crl(store, crl.get());
    }
    if (!settings.crl.empty()) X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    return {};
}

}  // namespace

std::expected<std::shared_ptr<const Credentials>, std::string> Credentials::load(
    const policy::TlsAuth& settings) {
    const std::shared_ptr<Credentials> credentials(new Credentials);
    credentials->mutual_ = settings.mutual;
    for (const policy::TlsCertificate& entry : settings.certificates) {
        auto certificate = read_certificate(entry);
        if (!certificate) return std::unexpected(std::move(certificate.error()));
        credentials->certificates_.push_back(*std::move(certificate));
    }
    SslContextPtr context(SSL_CTX_new(TLS_method()));
    if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(context.get(), kCiphers) != 1) {
        return Unread("TLS: OpenSSL does not offer TLS 1.2 (" + openssl_words() + "): correct openssl.cnf");
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

SslPtr Credentials::new_handshake() const { return SslPtr(SSL_new(context_.get())); }

bool Credentials::use(SSL* ssl, std::size_t certificate) const {
    const Certificate& shown = certificates_[certificate];
    return SSL_use_cert_and_key(ssl, shown.leaf.get(), shown.key.get(), shown.chain.get(), 1) == 1;
}

}  // namespace keyline::auth::tls
