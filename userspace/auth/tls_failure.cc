#include "auth/tls_failure.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace keyline::auth::tls {
namespace {

struct Meaning {
    int code;
    SecStatus status;
    std::string_view remedy;
};

constexpr std::string_view kRenew = "give the peer a new certificate, or correct this host's clock";
constexpr std::string_view kTrust =
    "add the CA to auth.tls.ca, or give the peer a certificate of a CA that is there";
constexpr std::string_view kCrl = "put a current CRL of the issuer into a file of auth.tls.crl and reload";
constexpr std::string_view kForged = "the certificate was altered on the way, or forged";

constexpr auto kRefusals = std::to_array<Meaning>({
    {X509_V_ERR_CERT_HAS_EXPIRED, SecStatus::kCertExpired, kRenew},
    {X509_V_ERR_CERT_NOT_YET_VALID, SecStatus::kCertExpired, kRenew},
    {X509_V_ERR_CERT_REVOKED, SecStatus::kRevoked, "give the peer a new certificate"},
    {X509_V_ERR_UNABLE_TO_GET_CRL, SecStatus::kRevocationOffline, kCrl},
    {X509_V_ERR_CRL_HAS_EXPIRED, SecStatus::kRevocationOffline, kCrl},
    {X509_V_ERR_CRL_NOT_YET_VALID, SecStatus::kRevocationOffline, kCrl},
    {X509_V_ERR_CRL_SIGNATURE_FAILURE, SecStatus::kRevocationOffline, kCrl},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, SecStatus::kUntrustedRoot, kTrust},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, SecStatus::kUntrustedRoot, kTrust},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, SecStatus::kUntrustedRoot, kTrust},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, SecStatus::kUntrustedRoot, kTrust},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, SecStatus::kUntrustedRoot, kTrust},
    {X509_V_ERR_INVALID_PURPOSE, SecStatus::kCertWrongUsage,
     "give the peer a certificate with the extended key usages clientAuth and serverAuth"},
    {X509_V_ERR_HOSTNAME_MISMATCH, SecStatus::kWrongPrincipal,
     "correct tls_name of the [[peer]], or its address"},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, SecStatus::kCertUnknown, kForged},
    {X509_V_ERR_INVALID_CA, SecStatus::kCertUnknown, "its issuer may not issue certificates"},
    {X509_V_ERR_CERT_CHAIN_TOO_LONG, SecStatus::kCertUnknown, "shorten the chain of the peer's certificate"},
    {X509_V_ERR_EE_KEY_TOO_SMALL, SecStatus::kCertUnknown, "give the peer a certificate with a longer key"},
    {X509_V_ERR_CA_KEY_TOO_SMALL, SecStatus::kCertUnknown, "use a CA with a longer key"},
    {X509_V_ERR_CA_MD_TOO_WEAK, SecStatus::kCertUnknown, "use a CA that signs with SHA-256 or better"},
});

constexpr std::string_view kAlike = "set auth.tls.mutual alike on both sides";
constexpr std::string_view kNoTls = "the peer does not speak TLS here, or the token was altered";

constexpr auto kErrors = std::to_array<Meaning>({
    {SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, SecStatus::kMutualAuthFailed, kAlike},
    {SSL_R_NO_SHARED_CIPHER, SecStatus::kAlgorithmMismatch,
     "let both sides use TLS 1.2 with ECDHE and a certificate of a common kind"},
    {SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, SecStatus::kAlgorithmMismatch,
     "use a certificate with an RSA or ECDSA key that the peer knows"},
    {SSL_R_UNSUPPORTED_PROTOCOL, SecStatus::kAlgorithmMismatch, "let the peer use TLS 1.2"},
    {SSL_R_BAD_SIGNATURE, SecStatus::kMessageAltered, "the token was altered on the way, or forged"},
    {SSL_R_DIGEST_CHECK_FAILED, SecStatus::kMessageAltered, "the token was altered on the way, or forged"},
    {SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, SecStatus::kMessageAltered,
     "the token was altered on the way, or forged"},
    {SSL_R_EXCESSIVE_MESSAGE_SIZE, SecStatus::kIllegalMessage, "shorten the peer's chain of certificates"},
    {SSL_R_WRONG_VERSION_NUMBER, SecStatus::kInvalidToken, kNoTls},
    {SSL_R_HTTP_REQUEST, SecStatus::kInvalidToken, kNoTls},
});

}  // namespace

Failure explain_refusal(const std::string& activity, const Refusal& refusal) {
    const auto found = std::ranges::find(kRefusals, refusal.error, &Meaning::code);
    const bool known = found != kRefusals.end();
    return {known ? found->status : SecStatus::kCertUnknown,
            printable(activity) + ": the certificate of " + refusal.subject + ", issued by " +
                refusal.issuer + ", is refused: " + X509_verify_cert_error_string(refusal.error) + ": " +
                std::string(known ? found->remedy : "give the peer another certificate")};
}

Failure explain_error(const std::string& activity) {
    const unsigned long error = ERR_peek_error();
    const char* const words = ERR_reason_error_string(error);
    const auto found = std::ranges::find(kErrors, ERR_GET_REASON(error), &Meaning::code);
    const bool known = found != kErrors.end();
    Failure failure{known ? found->status : SecStatus::kIllegalMessage,
                    printable(activity) + ": " + (words == nullptr ? "unknown error" : printable(words)) +
                        ": " + std::string(known ? found->remedy : kNoTls)};
    ERR_clear_error();
    return failure;
}

}  // namespace keyline::auth::tls
