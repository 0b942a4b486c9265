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

constexpr Field<KerberosAuth> kKerberosFields[] = {
    {"principal",
     [](const Value& value, KerberosAuth& kerberos) { assign(kerberos.principal, read_principal(value)); }},
    {"keytab", [](const Value& value, KerberosAuth& kerberos) { read_path(value, kerberos.keytab); }},
    {"client_keytab",
     [](const Value& value, KerberosAuth& kerberos) { read_path(value, kerberos.client_keytab); }},
    {"ccache", [](const Value& value, KerberosAuth& kerberos) { assign(kerberos.ccache, value.text()); }},
};

constexpr Field<AnonymousAuth> kAnonymousFields[] = {
    {"name", [](const Value& value, AnonymousAuth& anonymous) { assign(anonymous.name, value.name(253)); }},
};

void read_kerberos(const Value& table, Auth& auth) {
    read_table(table, kKerberosFields, auth.kerberos.emplace());
    if (table.is_table() && !table.member("principal")) {
        table.error(R"(missing "principal", this host's name such as "host/a.example.com@EXAMPLE.COM")");
    }
}

constexpr Field<Auth> kAuthFields[] = {
    {"kerberos", read_kerberos},
    {"anonymous",
     [](const Value& table, Auth& auth) { read_table(table, kAnonymousFields, auth.anonymous.emplace()); }},
};

}  // namespace

void read_auth(const Value& table, Loading& loading) { read_table(table, kAuthFields, loading.policy.auth); }

void list_auth_keys(std::vector<std::string>& to) {
    list_keys("auth.kerberos", kKerberosFields, to);
    list_keys("auth.anonymous", kAnonymousFields, to);
}

std::vector<AuthMethod> read_auth_methods(const Value& list, Auth& credentials) {
    return read_list(list, [&](const Value& item) {
        auto method = item.one_of(kAuthMethodNames);
        if (method == AuthMethod::kTls || method == AuthMethod::kNtlm) {
            item.error(in_quotes(to_string(*method)) +
                       R"( is not available in this version; use "kerberos" or "anonymous")");
            method.reset();
        } else if (method == AuthMethod::kKerberos && !credentials.kerberos) {
            item.error(R"("kerberos" has no credentials; add [auth.kerberos] with principal and keytab)");
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
