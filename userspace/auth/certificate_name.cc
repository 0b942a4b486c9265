#include "auth/certificate_name.h"

#include <algorithm>
#include <string_view>

#include "auth/failure.h"
#include "auth/tls_objects.h"

namespace keyline::auth::tls {
namespace {

constexpr std::size_t kLongest = 253;  // RFC 1035 2.3.4, in text

bool is_host_name(std::string_view text) {
    constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    return !text.empty() && text.size() <= kLongest &&
           text.find_first_not_of(kLetters) == std::string_view::npos;
}

std::string host_name(const ASN1_STRING* string) {
    unsigned char* utf8 = nullptr;
    const int size = ASN1_STRING_to_UTF8(&utf8, string);
    if (size < 0) return {};
    std::string text(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
    OPENSSL_free(utf8);
    return is_host_name(text) ? text : std::string();
}

std::string print(const X509_NAME* name) {
    const BioPtr bio(BIO_new(BIO_s_mem()));
    char* text = nullptr;
    if (!bio || X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253) < 0) return "?";
    const long size = BIO_get_mem_data(bio.get(), &text);
    return printable(std::string_view(text, static_cast<std::size_t>(std::max(size, 0L))));
}

}  // namespace

std::string certificate_name(const X509* certificate) {
    const GeneralNamesPtr names(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    bool has_dns_name = false;
    for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
        if (name->type != GEN_DNS) continue;
        has_dns_name = true;
        if (std::string text = host_name(name->d.dNSName); !text.empty()) return text;
    }
    if (has_dns_name) return {};
    const X509_NAME* const subject = X509_get_subject_name(certificate);
    const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    return at < 0 ? std::string() : host_name(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
}

std::string subject_of(const X509* certificate) { return print(X509_get_subject_name(certificate)); }
std::string issuer_of(const X509* certificate) { return print(X509_get_issuer_name(certificate)); }

}  // namespace keyline::auth::tls
