#include "auth/certificate_check.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "auth/certificate_name.h"
#include "auth/certificate_refusal.h"

namespace keyline::auth::x509 {
namespace {

using ExtendedKeyUsagePtr = std::unique_ptr<EXTENDED_KEY_USAGE, Deleter<EXTENDED_KEY_USAGE_free>>;

constexpr int kLongestChain = 8;
constexpr int kSecurityLevel = 2;  // OpenSSL's: 112 bits

// RFC 4945 5.1.3.12 knows the first two; certificates made for other implementations have the others.
constexpr std::string_view kIkeUsages[] = {
    "1.3.6.1.5.5.7.3.17",  // id-kp-ipsecIKE
    "2.5.29.37.0",         // anyExtendedKeyUsage
    "1.3.6.1.5.5.8.2.2",   // iKEIntermediate
    "1.3.6.1.5.5.7.3.1",   // serverAuth
    "1.3.6.1.5.5.7.3.2",   // clientAuth
    "1.3.6.1.5.5.7.3.5",   // ipsecEndSystem
    "1.3.6.1.5.5.7.3.6",   // ipsecTunnel
    "1.3.6.1.5.5.7.3.7",   // ipsecUser
};

bool names_ike(const EXTENDED_KEY_USAGE* usages) {
    for (int i = 0; i < sk_ASN1_OBJECT_num(usages); ++i) {
        std::array<char, 80> text{};
        OBJ_obj2txt(text.data(), static_cast<int>(text.size()), sk_ASN1_OBJECT_value(usages, i), 1);
        if (std::ranges::find(kIkeUsages, std::string_view(text.data())) != std::end(kIkeUsages)) return true;
    }
    return false;
}

// What the certificate may not be used for; empty: it may.
std::string_view forbidden_use(X509* certificate, KeyUse use) {
    // All bits are set when the extension is absent.
    const std::uint32_t usage = X509_get_key_usage(certificate);
    if (use == KeyUse::kSignature && (usage & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) == 0)
        return "key usage does not permit signatures: give the peer one with digitalSignature";
    if (use == KeyUse::kEncryption && (usage & (KU_KEY_ENCIPHERMENT | KU_DATA_ENCIPHERMENT)) == 0)
        return "key usage does not permit encryption: give the peer one with keyEncipherment";
    const ExtendedKeyUsagePtr usages(
        static_cast<EXTENDED_KEY_USAGE*>(X509_get_ext_d2i(certificate, NID_ext_key_usage, nullptr, nullptr)));
    if (usages && !names_ike(usages.get()))
        return "extended key usage does not permit IKE: give the peer one with ipsecIKE";
    return {};
}

}  // namespace

std::optional<Failure> check_certificate(X509* certificate, X509_STORE* store, STACK_OF(X509) * others,
                                         const std::string& table, KeyUse use) {
    const StoreContextPtr context(X509_STORE_CTX_new());
    if (!context || X509_STORE_CTX_init(context.get(), store, certificate, others) != 1)
        return Failure{SecStatus::kInternalError, "X.509: OpenSSL is out of memory"};
    X509_VERIFY_PARAM* const parameters = X509_STORE_CTX_get0_param(context.get());
    X509_VERIFY_PARAM_set_depth(parameters, kLongestChain);
    X509_VERIFY_PARAM_set_auth_level(parameters, kSecurityLevel);
    const bool good = X509_verify_cert(context.get()) == 1;
    ERR_clear_error();
    if (!good) {
        const X509* const at_fault = X509_STORE_CTX_get_current_cert(context.get());
        const X509* const named = at_fault == nullptr ? certificate : at_fault;
        return explain_refusal("X.509", table,
                               {.error = X509_STORE_CTX_get_error(context.get()),
                                .subject = subject_of(named),
                                .issuer = issuer_of(named)});
    }
    if (const auto why = forbidden_use(certificate, use); !why.empty()) {
        return Failure{SecStatus::kCertWrongUsage, "X.509: the certificate of " + subject_of(certificate) +
                                                       ", issued by " + issuer_of(certificate) +
                                                       ", is refused: its " + std::string(why)};
    }
    return std::nullopt;
}

}  // namespace keyline::auth::x509
