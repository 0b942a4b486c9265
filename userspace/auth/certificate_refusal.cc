#include "auth/certificate_refusal.h"

#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace keyline::auth::x509 {
namespace {

struct Meaning {
    int code;
    SecStatus status;
    std::string_view remedy;  // '%' stands for the table
};

constexpr std::string_view kRenew = "give the peer a new certificate, or correct this host's clock";
constexpr std::string_view kTrust =
    "add the CA to %.ca, or give the peer a certificate of a CA that is there";
constexpr std::string_view kCrl = "put a current CRL of the issuer into a file of %.crl and reload";
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

std::string in_table(std::string_view remedy, const std::string& table) {
    std::string text(remedy);
    if (const std::size_t at = text.find('%'); at != std::string::npos) text.replace(at, 1, table);
    return text;
}

}  // namespace

Failure explain_refusal(const std::string& activity, const std::string& table, const Refusal& refusal) {
    const auto found = std::ranges::find(kRefusals, refusal.error, &Meaning::code);
    const bool known = found != kRefusals.end();
    return {known ? found->status : SecStatus::kCertUnknown,
            printable(activity) + ": the certificate of " + refusal.subject + ", issued by " +
                refusal.issuer + ", is refused: " + X509_verify_cert_error_string(refusal.error) + ": " +
                (known ? in_table(found->remedy, table) : "give the peer another certificate")};
}

}  // namespace keyline::auth::x509
