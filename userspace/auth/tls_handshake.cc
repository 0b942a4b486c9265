#include "auth/tls_handshake.h"

#include <openssl/err.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "auth/certificate_name.h"
#include "auth/tls_failure.h"

namespace keyline::auth::tls {
namespace {

// Interpretation item 16.
constexpr std::string_view kExporterLabel = "EXPORTER-AuthIP-GSS-secret";
constexpr std::size_t kSecretOctets = 48;

Bytes fingerprint(const X509* certificate) {
    Bytes digest(EVP_MAX_MD_SIZE);
    unsigned size = 0;
    X509_digest(certificate, EVP_sha256(), digest.data(), &size);
    digest.resize(size);
    return digest;
}

}  // namespace

Handshake::Handshake(std::shared_ptr<const Credentials> credentials, Role role, PeerNames peer,
                     Attempt attempt)
    : EndingContext("TLS"),
      credentials_(std::move(credentials)),
      role_(role),
      peer_(std::move(peer)),
      activity_(peer_.best().empty() ? "TLS" : "TLS, with " + printable(peer_.best())),
      attempt_(std::move(attempt)),
      ssl_(credentials_->new_handshake()) {
    if (!ssl_) return;
    input_ = BIO_new(BIO_s_mem());
    output_ = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl_.get(), input_, output_);
    SSL_set_app_data(ssl_.get(), this);
    const bool proves = client() || mutual();
    SSL_set_verify(ssl_.get(), proves ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT : SSL_VERIFY_NONE,
                   &Handshake::verified);
    if (!peer_.wanted.empty()) {
        SSL_set_hostflags(ssl_.get(), X509_CHECK_FLAG_NO_WILDCARDS);
        SSL_set1_host(ssl_.get(), peer_.wanted.c_str());
    }
    if (client()) {
        SSL_set_cert_cb(ssl_.get(), &Handshake::asked_for_certificate, this);
        SSL_set_connect_state(ssl_.get());
    } else {
        if (!credentials_->certificates().empty()) credentials_->use(ssl_.get(), attempt_.certificate);
        SSL_set_accept_state(ssl_.get());
    }
}

StepResult Handshake::advance(ByteView token) {
    if (!ssl_) return failed({SecStatus::kInternalError, activity_ + ": OpenSSL is out of memory"});
    const bool opens = client() && SSL_get_state(ssl_.get()) == TLS_ST_BEFORE;
    if (!client() && credentials_->certificates().empty()) {
        return failed({SecStatus::kNoCredentials,
                       activity_ + ": this host has no certificate: add [[auth.tls.certificate]]"});
    }
    if (token.empty() && !opens) {
        return failed({SecStatus::kInvalidToken,
                       activity_ + ": the peer's token is empty: the peer does not speak TLS here"});
    }
    BIO_write(input_, token.data(), static_cast<int>(token.size()));
    ERR_clear_error();
    const int done = SSL_do_handshake(ssl_.get());
    if (done == 1) return complete(output());
    if (SSL_get_error(ssl_.get(), done) == SSL_ERROR_WANT_READ) return {.token = output()};
    if (refusal_) return failed(x509::explain_refusal(activity_, "auth.tls", *refusal_));
    return failed(explain_error(activity_));
}

StepResult Handshake::complete(Bytes token) {
    if (BIO_ctrl_pending(input_) != 0) {
        return failed(
            {SecStatus::kInvalidToken, activity_ + ": octets after the peer's last message: it is broken"});
    }
    if (SSL_get_extms_support(ssl_.get()) != 1) {
        return failed(
            {SecStatus::kAlgorithmMismatch,
             activity_ + ": the peer does without the extended master secret (RFC 7627): update it"});
    }
    if (client() && mutual() && !asked_) {
        return failed({SecStatus::kMutualAuthFailed,
                       activity_ + ": the peer wants no certificate of this host: set auth.tls.mutual alike "
                                   "on both sides"});
    }
    StepResult result{.token = std::move(token), .complete = true};
    if (const X509* const shown = SSL_get0_peer_certificate(ssl_.get()); shown != nullptr) {
        result.peer = !peer_.wanted.empty() ? peer_.wanted
                      : peer_.user          ? x509::user_name(shown)
                                            : x509::certificate_name(shown);
        if (result.peer.empty()) {
            return failed(
                {SecStatus::kWrongPrincipal,
                 activity_ + ": the certificate of " + x509::subject_of(shown) +
                     (peer_.user ? " names nobody: give the peer's user one with a subjectAltName "
                                   "of type UPN or email"
                                 : " names no host: give the peer one with a subjectAltName of type "
                                   "DNS")});
        }
    }
    result.secret = Secret(kSecretOctets);
    const auto secret = result.secret.writable();
    if (SSL_export_keying_material(ssl_.get(), secret.data(), secret.size(), kExporterLabel.data(),
                                   kExporterLabel.size(), nullptr, 0, 0) != 1) {
        return failed(explain_error(activity_));
    }
    return result;
}

// M8: a responder may ask for another attempt if TLS is mutual or it has another certificate.
StepResult Handshake::failed(const Failure& failure) const {
    StepResult result = failure.result();
    result.retry = !client() && (mutual() || credentials_->certificates().size() > 1);
    return result;
}

Bytes Handshake::output() {
    char* octets = nullptr;
    const long size = BIO_get_mem_data(output_, &octets);
    Bytes token(octets, octets + size);
    (void)BIO_reset(output_);
    return token;
}

std::shared_ptr<Context> Handshake::retry(Retry retry) {
    Attempt next = attempt_;
    if (retry == Retry::kOwnCredential) ++next.certificate;
    const std::size_t count = credentials_->certificates().size();
    if (client()) {
        const bool own = retry == Retry::kOwnCredential && mutual() && next.certificate < count;
        const bool peers = retry == Retry::kPeerCredential && refusal_ && !refused_again_;
        if (!own && !peers) return nullptr;
    } else if (count != 0) {
        next.certificate %= count;
    }
    return std::make_shared<Handshake>(credentials_, role_, peer_, std::move(next));
}

int Handshake::verified(int accepted, X509_STORE_CTX* store) {
    if (accepted == 1) return 1;
    auto* const ssl =
        static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto& self = *static_cast<Handshake*>(SSL_get_app_data(ssl));
    const X509* const at_fault = X509_STORE_CTX_get_current_cert(store);
    self.refusal_ = {.error = X509_STORE_CTX_get_error(store),
                     .subject = at_fault == nullptr ? "?" : x509::subject_of(at_fault),
                     .issuer = at_fault == nullptr ? "?" : x509::issuer_of(at_fault)};
    Bytes leaf = fingerprint(X509_STORE_CTX_get0_cert(store));
    auto& before = self.attempt_.refused_fingerprints;
    self.refused_again_ = std::ranges::find(before, leaf) != before.end();
    before.push_back(std::move(leaf));
    return 0;
}

// Certificates of the authorities that the server names come first, all others after them.
int Handshake::asked_for_certificate(SSL* ssl, void* handshake) {
    auto& self = *static_cast<Handshake*>(handshake);
    self.asked_ = true;
    const std::vector<Certificate>& certificates = self.credentials_->certificates();
    if (!self.mutual() || certificates.empty()) return 1;
    std::vector<std::size_t> order(certificates.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = i;
    std::ranges::stable_partition(order, [&](std::size_t i) {
        return x509::is_issued_by(certificates[i], SSL_get0_peer_CA_list(ssl));
    });
    return self.credentials_->use(ssl, order[self.attempt_.certificate]) ? 1 : 0;
}

}  // namespace keyline::auth::tls
