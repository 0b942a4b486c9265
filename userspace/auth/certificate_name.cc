#include "auth/certificate_name.h"

#include <openssl/err.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "auth/failure.h"
#include "auth/x509_objects.h"

namespace keyline::auth::x509 {
namespace {

constexpr std::size_t kLongest = 253;  // RFC 1035 2.3.4, in text

bool is_host_name(std::string_view text) {
    constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    return !text.empty() && text.size() <= kLongest &&
           text.find_first_not_of(kLetters) == std::string_view::npos;
}

bool is_user_name(std::string_view text) {
    const auto is_control = [](char letter) {
        return static_cast<unsigned char>(letter) < ' ' || letter == '\x7f';
    };
    return !text.empty() && text.size() <= kLongest && std::ranges::none_of(text, is_control);
}

// The text, if it is acceptable.
std::string text_of(const ASN1_STRING* string, bool (*acceptable)(std::string_view)) {
    unsigned char* utf8 = nullptr;
    const int size = ASN1_STRING_to_UTF8(&utf8, string);
    if (size < 0) return {};
    std::string text(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
    OPENSSL_free(utf8);
    return acceptable(text) ? text : std::string();
}

std::string common_name(const X509* certificate, bool (*acceptable)(std::string_view)) {
    const X509_NAME* const subject = X509_get_subject_name(certificate);
    const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at < 0) return {};
    return text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)), acceptable);
}

GeneralNamesPtr alternative_names(const X509* certificate) {
    return GeneralNamesPtr(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
}

// Null for another kind of name.
const ASN1_STRING* principal_name(const GENERAL_NAME* name) {
    if (name->type != GEN_OTHERNAME || OBJ_obj2nid(name->d.otherName->type_id) != NID_ms_upn) return nullptr;
    const ASN1_TYPE* const value = name->d.otherName->value;
    return value->type == V_ASN1_UTF8STRING ? value->value.utf8string : nullptr;
}

const ASN1_STRING* mail_address(const GENERAL_NAME* name) {
    return name->type == GEN_EMAIL ? name->d.rfc822Name : nullptr;
}

bool has_host(const X509* certificate, std::string_view name) {
    // OpenSSL writes to none of the certificates it checks, and takes a name with a NUL at its end.
    return is_host_name(name) && X509_check_host(const_cast<X509*>(certificate), name.data(), name.size(),
                                                 X509_CHECK_FLAG_NO_WILDCARDS, nullptr) == 1;
}

bool has_user(const X509* certificate, std::string_view name) {
    return !name.empty() && !name.contains('\0') &&
           X509_check_email(const_cast<X509*>(certificate), name.data(), name.size(), 0) == 1;
}

bool has_address(const X509* certificate, ByteView octets) {
    return X509_check_ip(const_cast<X509*>(certificate), octets.data(), octets.size(), 0) == 1;
}

}  // namespace

std::string certificate_name(const X509* certificate) {
    const GeneralNamesPtr names = alternative_names(certificate);
    bool has_dns_name = false;
    for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
        if (name->type != GEN_DNS) continue;
        has_dns_name = true;
        if (std::string text = text_of(name->d.dNSName, is_host_name); !text.empty()) return text;
    }
    if (has_dns_name) return {};
    return common_name(certificate, is_host_name);
}

std::string user_name(const X509* certificate) {
    const GeneralNamesPtr names = alternative_names(certificate);
    for (const auto kind : {principal_name, mail_address}) {
        for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
            const ASN1_STRING* const name = kind(sk_GENERAL_NAME_value(names.get(), i));
            if (name != nullptr) return text_of(name, is_user_name);
        }
    }
    return common_name(certificate, is_user_name);
}

std::string subject_of(const X509* certificate) { return print(X509_get_subject_name(certificate)); }
std::string issuer_of(const X509* certificate) { return print(X509_get_issuer_name(certificate)); }

std::string print(const X509_NAME* name) {
    const BioPtr bio(BIO_new(BIO_s_mem()));
    char* text = nullptr;
    if (!bio || X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253) < 0) return "?";
    const long size = BIO_get_mem_data(bio.get(), &text);
    return printable(std::string_view(text, static_cast<std::size_t>(std::max(size, 0L))));
}

X509NamePtr parse_subject(ByteView der) {
    const unsigned char* at = der.data();
    X509NamePtr name(d2i_X509_NAME(nullptr, &at, static_cast<long>(der.size())));
    ERR_clear_error();
    return at == der.data() + der.size() ? std::move(name) : nullptr;
}

bool proves(const X509* certificate, const IkeId& id) {
    const std::string_view text(reinterpret_cast<const char*>(id.data.data()), id.data.size());
    switch (id.type) {
        case IkeIdType::kIpv4Address:
        case IkeIdType::kIpv6Address:
            return has_address(certificate, id.data);
        case IkeIdType::kFqdn:
            return has_host(certificate, text);
        case IkeIdType::kUserFqdn:
            return has_user(certificate, text);
        case IkeIdType::kDerAsn1Dn: {
            const auto name = parse_subject(id.data);
            return name && X509_NAME_entry_count(name.get()) != 0 &&
                   X509_NAME_cmp(name.get(), X509_get_subject_name(certificate)) == 0;
        }
    }
    return false;
}

bool has_name(const X509* certificate, const std::string& name) {
    if (const auto address = IpAddress::parse(name)) return has_address(certificate, address->octets());
    if (name.contains('=')) return subject_of(certificate) == name;
    return name.contains('@') ? has_user(certificate, name) : has_host(certificate, name);
}

}  // namespace keyline::auth::x509
