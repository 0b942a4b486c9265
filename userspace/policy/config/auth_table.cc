// Table [auth] with one table of credentials per method.
#include <algorithm>

#include "policy/config/loading.h"
#include "policy/config/table.h"

namespace keyline::policy::config {

namespace {

void read_path(const Value& value, std::string& to) {
    const auto text = value.text();
    if (!text) return;
    if (text->empty() || text->front() != '/') return value.error_expected("an absolute path");
    to = *text;
}

void read_user_ccache(const Value& value, std::string& to) {
    const auto text = value.text();
    if (!text) return;
    if (!text->starts_with("FILE:/") || text->find("%{uid}") == std::string::npos)
        return value.error_expected(R"(a file for each user such as "FILE:/tmp/krb5cc_%{uid}")");
    to = *text;
}

constexpr Field<KerberosAuth> kKerberosFields[] = {
    {"principal",
     [](const Value& value, KerberosAuth& kerberos) { assign(kerberos.principal, read_principal(value)); }},
    {"keytab", [](const Value& value, KerberosAuth& kerberos) { read_path(value, kerberos.keytab); }},
    {"client_keytab",
     [](const Value& value, KerberosAuth& kerberos) { read_path(value, kerberos.client_keytab); }},
    {"ccache", [](const Value& value, KerberosAuth& kerberos) { assign(kerberos.ccache, value.text()); }},
    {"user_ccache",
     [](const Value& value, KerberosAuth& kerberos) { read_user_ccache(value, kerberos.user_ccache); }},
};

constexpr Field<AnonymousAuth> kAnonymousFields[] = {
    {"name", [](const Value& value, AnonymousAuth& anonymous) { assign(anonymous.name, value.name(253)); }},
};

constexpr Field<TlsCertificate> kTlsCertificateFields[] = {
    {"file", [](const Value& value, TlsCertificate& certificate) { read_path(value, certificate.file); }},
    {"key", [](const Value& value, TlsCertificate& certificate) { read_path(value, certificate.key); }},
};

constexpr Field<X509Certificate> kX509CertificateFields[] = {
    {"file", [](const Value& value, X509Certificate& certificate) { read_path(value, certificate.file); }},
    {"key", [](const Value& value, X509Certificate& certificate) { read_path(value, certificate.key); }},
    {"id", [](const Value& value,
              X509Certificate& certificate) { assign(certificate.id, value.one_of(kX509IdNames)); }},
};

template <class Certificate, std::size_t kCount>
void read_certificates(const Value& array, const Field<Certificate> (&fields)[kCount],
                       std::vector<Certificate>& to) {
    for (const Value& table : array.tables()) {
        read_table(table, fields, to.emplace_back());
        if (!table.member("file")) table.error(R"(missing "file", the certificate in PEM form)");
        if (!table.member("key")) table.error(R"(missing "key", the certificate's private key in PEM form)");
    }
}

std::vector<std::string> read_paths(const Value& list) {
    return read_list(list, [](const Value& item) -> std::optional<std::string> {
        std::string path;
        read_path(item, path);
        if (path.empty()) return std::nullopt;
        return path;
    });
}

constexpr Field<TlsAuth> kTlsFields[] = {
    {"certificate", [](const Value& array,
                       TlsAuth& tls) { read_certificates(array, kTlsCertificateFields, tls.certificates); }},
    {"ca", [](const Value& list, TlsAuth& tls) { tls.ca = read_paths(list); }},
    {"crl", [](const Value& list, TlsAuth& tls) { tls.crl = read_paths(list); }},
    {"mutual", [](const Value& value, TlsAuth& tls) { assign(tls.mutual, value.boolean()); }},
};

void read_tls(const Value& table, Auth& auth) {
    TlsAuth& tls = auth.tls.emplace();
    read_table(table, kTlsFields, tls);
    if (!table.is_table()) return;
    if (!table.member("ca"))
        table.error(R"(missing "ca", the certificates of the CAs that peers' are issued by)");
    if (tls.mutual && !table.member("certificate")) {
        table.error(
            R"(missing [[auth.tls.certificate]], which mutual authentication needs; or set mutual = false)");
    }
}

constexpr Field<X509Auth> kX509Fields[] = {
    {"certificate",
     [](const Value& array, X509Auth& x509) {
         read_certificates(array, kX509CertificateFields, x509.certificates);
     }},
    {"ca", [](const Value& list, X509Auth& x509) { x509.ca = read_paths(list); }},
    {"crl", [](const Value& list, X509Auth& x509) { x509.crl = read_paths(list); }},
    {"peer_certificates",
     [](const Value& list, X509Auth& x509) { x509.peer_certificates = read_paths(list); }},
    {"send_unasked", [](const Value& value, X509Auth& x509) { assign(x509.send_unasked, value.boolean()); }},
};

void read_x509(const Value& table, Auth& auth) {
    read_table(table, kX509Fields, auth.x509.emplace());
    if (!table.is_table()) return;
    if (!table.member("ca"))
        table.error(R"(missing "ca", the certificates of the CAs that peers' are issued by)");
    if (!table.member("certificate"))
        table.error("missing [[auth.x509.certificate]], by which this host proves who it is");
}

constexpr Field<NtlmAuth> kNtlmFields[] = {
    {"user", [](const Value& value, NtlmAuth& ntlm) { assign(ntlm.user, value.name(104)); }},
    {"domain", [](const Value& value, NtlmAuth& ntlm) { assign(ntlm.domain, value.name(253)); }},
    {"password", [](const Value& value, NtlmAuth& ntlm) { read_path(value, ntlm.password); }},
    {"accounts", [](const Value& value, NtlmAuth& ntlm) { read_path(value, ntlm.accounts); }},
};

void read_ntlm(const Value& table, Auth& auth) {
    read_table(table, kNtlmFields, auth.ntlm.emplace());
    if (!table.is_table()) return;
    if (table.member("user").has_value() != table.member("password").has_value()) {
        table.error(
            R"(expected "user" and "password", the file that holds its password, together; without both this host only responds)");
    }
}

constexpr Field<PskAuth> kPskFields[] = {
    {"file", [](const Value& value, PskAuth& psk) { read_path(value, psk.file); }},
};

void read_psk(const Value& table, Auth& auth) {
    read_table(table, kPskFields, auth.psk.emplace());
    if (table.is_table() && !table.member("file")) table.error(R"(missing "file", the file of the secrets)");
}

void read_kerberos(const Value& table, Auth& auth) {
    read_table(table, kKerberosFields, auth.kerberos.emplace());
    if (table.is_table() && !table.member("principal")) {
        table.error(R"(missing "principal", this host's name such as "host/a.example.com@EXAMPLE.COM")");
    }
}

constexpr Field<KerberosAuth> kOtherKerberosFields[] = {
    {"principal",
     [](const Value& value, KerberosAuth& kerberos) { assign(kerberos.principal, read_principal(value)); }},
    {"keytab", [](const Value& value, KerberosAuth& kerberos) { read_path(value, kerberos.keytab); }},
};

void read_other_kerberos(const Value& table, Credentials& credentials) {
    read_table(table, kOtherKerberosFields, credentials.kerberos.emplace());
    if (table.is_table() && (!table.member("principal") || !table.member("keytab")))
        table.error(
            R"(expected "principal", such as "alice@EXAMPLE.COM", and "keytab", which holds its key)");
}

constexpr Field<NtlmAuth> kOtherNtlmFields[] = {
    {"user", [](const Value& value, NtlmAuth& ntlm) { assign(ntlm.user, value.name(104)); }},
    {"domain", [](const Value& value, NtlmAuth& ntlm) { assign(ntlm.domain, value.name(253)); }},
    {"password", [](const Value& value, NtlmAuth& ntlm) { read_path(value, ntlm.password); }},
};

void read_other_ntlm(const Value& table, Credentials& credentials) {
    read_table(table, kOtherNtlmFields, credentials.ntlm.emplace());
    if (table.is_table() && (!table.member("user") || !table.member("password")))
        table.error(R"(expected "user" and "password", the file that holds its password)");
}

constexpr Field<Credentials> kCredentialsFields[] = {
    {"name", [](const Value& value, Credentials& credentials) { assign(credentials.name, value.name(63)); }},
    {"uid",
     [](const Value& value, Credentials& credentials) { credentials.uid = value.integer(1, 0x7FFFFFFF); }},
    {"kerberos", read_other_kerberos},
    {"certificate",
     [](const Value& array, Credentials& credentials) {
         read_certificates(array, kTlsCertificateFields, credentials.certificates);
     }},
    {"ntlm", read_other_ntlm},
};

void read_credentials(const Value& array, Auth& auth) {
    for (const Value& table : array.tables()) {
        Credentials credentials;
        read_table(table, kCredentialsFields, credentials);
        if (credentials.name.empty()) table.error(R"(missing "name", by which rules and messages call it)");
        if (!credentials.kerberos && !credentials.ntlm && credentials.certificates.empty())
            table.error(R"(expected "kerberos", "certificate" or "ntlm")");
        for (const Credentials& other : auth.credentials) {
            if (other.name == credentials.name)
                table.error("there are credentials of this name already, " + in_quotes(other.name));
            if (credentials.uid && other.uid == credentials.uid)
                table.error("uid " + std::to_string(*other.uid) + " has credentials already, " +
                            in_quotes(other.name));
        }
        auth.credentials.push_back(std::move(credentials));
    }
}

// The methods' own tables hold what others' credentials are used with, such as CAs.
void check_credentials(const Value& table, const Auth& auth) {
    const auto check = [&](bool used, bool configured, const std::string& method) {
        if (used && !configured) table.error("credentials need the table [auth." + method + "] too");
    };
    for (const Credentials& credentials : auth.credentials) {
        check(credentials.kerberos.has_value(), auth.kerberos.has_value(), "kerberos");
        check(!credentials.certificates.empty(), auth.tls.has_value(), "tls");
        check(credentials.ntlm.has_value(), auth.ntlm.has_value(), "ntlm");
    }
}

constexpr Field<Auth> kAuthFields[] = {
    {"kerberos", read_kerberos},
    {"anonymous",
     [](const Value& table, Auth& auth) { read_table(table, kAnonymousFields, auth.anonymous.emplace()); }},
    {"tls", read_tls},
    {"ntlm", read_ntlm},
    {"psk", read_psk},
    {"x509", read_x509},
    {"credentials", read_credentials},
};

}  // namespace

void read_auth(const Value& table, Loading& loading) {
    read_table(table, kAuthFields, loading.policy.auth);
    if (const auto credentials = table.member("credentials"))
        check_credentials(*credentials, loading.policy.auth);
}

void list_auth_keys(std::vector<std::string>& to) {
    list_keys("auth.kerberos", kKerberosFields, to);
    list_keys("auth.anonymous", kAnonymousFields, to);
    list_keys("auth.tls", kTlsFields, to);
    list_keys("auth.tls.certificate", kTlsCertificateFields, to);
    list_keys("auth.ntlm", kNtlmFields, to);
    list_keys("auth.psk", kPskFields, to);
    list_keys("auth.x509", kX509Fields, to);
    list_keys("auth.x509.certificate", kX509CertificateFields, to);
    list_keys("auth.credentials", kCredentialsFields, to);
    list_keys("auth.credentials.kerberos", kOtherKerberosFields, to);
    list_keys("auth.credentials.certificate", kTlsCertificateFields, to);
    list_keys("auth.credentials.ntlm", kOtherNtlmFields, to);
}

std::vector<AuthMethod> read_auth_methods(const Value& list, Auth& credentials) {
    return read_list(list, [&](const Value& item) {
        auto method = item.one_of(kAuthMethodNames);
        if (method == AuthMethod::kNtlm && !credentials.ntlm) {
            item.error(R"("ntlm" has no credentials; add [auth.ntlm] with user and password, or accounts)");
        } else if (method == AuthMethod::kTls && !credentials.tls) {
            item.error(R"("tls" has no credentials; add [auth.tls] with ca and [[auth.tls.certificate]])");
        } else if (method == AuthMethod::kKerberos && !credentials.kerberos) {
            item.error(R"("kerberos" has no credentials; add [auth.kerberos] with principal and keytab)");
        } else if (method == AuthMethod::kPreSharedKey && !credentials.psk) {
            item.error(R"("psk" has no secrets; add [auth.psk] with file)");
        } else if (method && uses_x509(*method) && !credentials.x509) {
            item.error(in_quotes(to_string(*method)) +
                       " has no certificates; add [auth.x509] with ca and [[auth.x509.certificate]]");
        } else if (method == AuthMethod::kAnonymous && !credentials.anonymous) {
            credentials.anonymous.emplace();
        }
        return method;
    });
}

std::optional<std::string> read_principal(const Value& value) {
    const auto text = value.text();
    if (!text) return std::nullopt;
    const std::size_t at = text->find('@');
    const auto is_space = [](char letter) { return static_cast<unsigned char>(letter) <= ' '; };
    if (at == 0 || at == std::string::npos || at + 1 == text->size() ||
        text->find('@', at + 1) != std::string::npos || std::ranges::any_of(*text, is_space)) {
        value.error_expected(R"(a principal with its realm such as "host/a.example.com@EXAMPLE.COM")");
        return std::nullopt;
    }
    return text;
}

}  // namespace keyline::policy::config
