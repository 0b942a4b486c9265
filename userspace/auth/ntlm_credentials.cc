#include "auth/ntlm_credentials.h"

#include <gssapi/gssapi_ntlmssp.h>
#include <openssl/crypto.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "auth/failure.h"

namespace keyline::auth::ntlm {
namespace {

std::unexpected<std::string> wrong(const std::string& what, const std::string& why) {
    return std::unexpected("NTLM, " + printable(what) + ": " + why);
}

bool is_installed() {
    gss_OID_set mechanisms = GSS_C_NO_OID_SET;
    OM_uint32 minor = 0;
    int present = 0;
    if (GSS_ERROR(gss_indicate_mechs(&minor, &mechanisms))) return false;
    gss_test_oid_set_member(&minor, mechanism(), mechanisms, &present);
    gss_release_oid_set(&minor, &mechanisms);
    return present != 0;
}

std::expected<void, std::string> check_readable(const std::string& key, const std::string& file) {
    errno = 0;
    if (std::ifstream(file)) return {};
    return wrong(key + " " + file, std::string(std::strerror(errno)) + ": create it, or correct its path");
}

std::expected<gss::Name, gss::Error> import(const std::string& text, gss_OID type) {
    gss_buffer_desc buffer = gss::input_buffer(as_bytes(text));
    gss::Name name;
    OM_uint32 minor = 0;
    const OM_uint32 major = gss_import_name(&minor, &buffer, type, name.out());
    if (GSS_ERROR(major)) return std::unexpected(gss::make_error(major, minor, mechanism()));
    return name;
}

// Without a service before the '@' the library makes no SPN: an initiator would compare a peer's with what
// the peer announces, which proves nothing.
std::expected<gss::Name, gss::Error> import_host(const std::string& host) {
    return import("@" + host, GSS_C_NT_HOSTBASED_SERVICE);
}

// The library keeps the hash of the password, not the password.
std::expected<gss::Credentials, std::string> initiating_credentials(const policy::NtlmAuth& settings,
                                                                    const std::string& account,
                                                                    const std::string& table) {
    const std::string file = table + ".password " + settings.password;
    if (const auto readable = check_readable(table + ".password", settings.password); !readable)
        return std::unexpected(readable.error());
    std::ifstream stream(settings.password);
    gss::Store store{{GSS_NTLMSSP_CS_PASSWORD, {}}};
    std::string& password = store.front().second;
    std::getline(stream, password);
    if (password.empty()) return wrong(file, "its first line is empty: write the account's password there");
    const auto name = import(account, GSS_C_NT_USER_NAME);
    auto credentials = name ? gss::acquire_credentials(name->get(), GSS_C_INITIATE, store, mechanism())
                            : std::expected<gss::Credentials, gss::Error>(std::unexpected(name.error()));
    OPENSSL_cleanse(password.data(), password.size());
    if (!credentials)
        return wrong("account " + account, credentials.error().text + ": correct " + table + ".user");
    return *std::move(credentials);
}

std::expected<gss::Credentials, std::string> accepting_credentials(const policy::NtlmAuth& settings,
                                                                   const std::string& host) {
    gss::Store store;
    if (!settings.accounts.empty()) {
        if (const auto readable = check_readable("auth.ntlm.accounts", settings.accounts); !readable)
            return std::unexpected(readable.error());
        store.emplace_back(GSS_NTLMSSP_CS_KEYFILE, settings.accounts);
    }
    const auto name = import_host(host);
    if (!name) return wrong("host name " + host, name.error().text + ": correct this host's name");
    auto credentials = gss::acquire_credentials(name->get(), GSS_C_ACCEPT, store, mechanism());
    if (!credentials) return wrong("auth.ntlm.accounts", credentials.error().text);
    return *std::move(credentials);
}

}  // namespace

gss_OID mechanism() {
    static gss_OID_desc oid{.length = GSS_NTLMSSP_OID_LENGTH,
                            .elements = const_cast<char*>(GSS_NTLMSSP_OID_STRING)};
    return &oid;
}

std::expected<std::shared_ptr<const Account>, std::string> load_account(const policy::NtlmAuth& settings,
                                                                        const std::string& table) {
    auto account =
        std::make_shared<Account>(Account{.name = settings.domain + "\\" + settings.user, .credentials = {}});
    auto credentials = initiating_credentials(settings, account->name, table);
    if (!credentials) return std::unexpected(std::move(credentials.error()));
    account->credentials = *std::move(credentials);
    return account;
}

std::expected<std::shared_ptr<const Credentials>, std::string> Credentials::load(
    const policy::NtlmAuth& settings, const std::string& host) {
    if (!is_installed())
        return wrong("mechanism", "the GSS-API library has none: install gss-ntlmssp (/etc/gss/mech.d)");
    const std::shared_ptr<Credentials> credentials(new Credentials);
    credentials->accounts_ = settings.accounts;
    if (!settings.user.empty()) {
        auto account = load_account(settings, "auth.ntlm");
        if (!account) return std::unexpected(std::move(account.error()));
        credentials->account_ = *std::move(account);
    }
    auto target = import_host("peer");
    if (!target) return wrong("target name", target.error().text);
    credentials->target_ = *std::move(target);
    auto accepting = accepting_credentials(settings, host);
    if (!accepting) return std::unexpected(std::move(accepting.error()));
    credentials->accepting_ = *std::move(accepting);
    return credentials;
}

}  // namespace keyline::auth::ntlm
