#include "auth/kerberos_credentials.h"

#include <fcntl.h>
#include <krb5/krb5.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "auth/kerberos_failure.h"

namespace keyline::auth {
namespace {

std::string default_keytab() {
    std::array<char, 1024> name{};
    krb5_context context = nullptr;
    if (krb5_init_context(&context) == 0) {
        krb5_kt_default_name(context, name.data(), static_cast<int>(name.size()));
        krb5_free_context(context);
    }
    return name.data();
}

// Keytabs that are no files ("MEMORY:...") are the library's to judge.
std::expected<void, std::string> check_readable(const std::string& keytab) {
    std::string path = keytab;
    if (path.starts_with("FILE:")) path.erase(0, std::strlen("FILE:"));
    if (!path.starts_with('/') && keytab.find(':') != std::string::npos) return {};
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        close(file);
        return {};
    }
    const std::string cause = printable(path) + ": " + std::strerror(errno);
    return std::unexpected("Kerberos: the keytab " + cause +
                           (errno == ENOENT ? ": export it from the KDC, or correct auth.kerberos.keytab"
                                            : ": let keylined read it, or correct auth.kerberos.keytab"));
}

}  // namespace

KerberosCredentials::KerberosCredentials(policy::KerberosAuth settings, std::string keytab)
    : settings_(std::move(settings)), keytab_(std::move(keytab)) {}

std::expected<std::shared_ptr<KerberosCredentials>, std::string> KerberosCredentials::load(
    const policy::KerberosAuth& settings) {
    std::shared_ptr<KerberosCredentials> credentials(
        new KerberosCredentials(settings, settings.keytab.empty() ? default_keytab() : settings.keytab));
    const bool initiates_only = !settings.ccache.empty() && settings.keytab.empty();

    gss::Name name;
    if (!settings.principal.empty()) {
        auto imported = gss::import_principal(settings.principal);
        if (!imported)
            return std::unexpected(explain("Kerberos, auth.kerberos.principal", imported.error()).line);
        name = *std::move(imported);
    } else if (initiates_only) {
        const auto cached =
            gss::acquire_credentials(GSS_C_NO_NAME, GSS_C_INITIATE, {{"ccache", settings.ccache}});
        OM_uint32 minor = 0;
        const OM_uint32 major =
            cached ? gss_inquire_cred(&minor, cached->get(), name.out(), nullptr, nullptr, nullptr)
                   : GSS_S_NO_CRED;
        if (GSS_ERROR(major)) {
            return std::unexpected(explain("Kerberos, credential cache " + settings.ccache,
                                           cached ? gss::make_error(major, minor) : cached.error())
                                       .line);
        }
    } else {
        return std::unexpected(
            "Kerberos: auth.kerberos.principal is missing: name this host's principal, as "
            "`klist -k` lists it, for example host/a.example.com@EXAMPLE.COM");
    }
    auto principal = gss::display_name(name.get());
    if (!principal)
        return std::unexpected(explain("Kerberos, auth.kerberos.principal", principal.error()).line);
    credentials->principal_ = *std::move(principal);
    if (initiates_only) return credentials;

    if (const auto readable = check_readable(credentials->keytab_); !readable) {
        return std::unexpected(readable.error());
    }
    const auto key = gss::acquire_credentials(name.get(), GSS_C_ACCEPT, {{"keytab", credentials->keytab_}});
    if (!key) {
        return std::unexpected("Kerberos: the keytab " + printable(credentials->keytab_) +
                               " has no key for " + printable(credentials->principal_) + " (" +
                               key.error().text +
                               "): export it from the KDC, or correct auth.kerberos.principal");
    }
    return credentials;
}

std::string KerberosCredentials::initiates_with() const {
    if (cache_alone()) return "credential cache " + printable(settings_.ccache);
    return printable(principal_) + " of keytab " + printable(client_keytab());
}

std::expected<gss::Credentials, gss::Error> KerberosCredentials::to_initiate() {
    if (cache_alone()) {
        return gss::acquire_credentials(GSS_C_NO_NAME, GSS_C_INITIATE, {{"ccache", settings_.ccache}});
    }
    return acquire_with_keytab();
}

// One thread at a time asks the KDC. Those that wait meanwhile share its failure: a KDC that does not answer
// is waited for once, not once per negotiation.
std::expected<gss::Credentials, gss::Error> KerberosCredentials::acquire_with_keytab() {
    const unsigned attempts_before = attempts_.load();
    const std::lock_guard lock(acquiring_);
    if (attempts_ != attempts_before && last_error_) return std::unexpected(*last_error_);

    const auto name = gss::import_principal(principal_);
    if (!name) return std::unexpected(name.error());
    const std::string& cache = settings_.ccache.empty() ? tickets_.name() : settings_.ccache;
    auto credentials = gss::acquire_credentials(name->get(), GSS_C_INITIATE,
                                                {{"client_keytab", client_keytab()}, {"ccache", cache}});
    ++attempts_;
    last_error_.reset();
    if (!credentials) last_error_ = credentials.error();
    return credentials;
}

std::expected<gss::Credentials, gss::Error> KerberosCredentials::to_accept() const {
    return gss::acquire_credentials(GSS_C_NO_NAME, GSS_C_ACCEPT, {{"keytab", keytab_}});
}

void KerberosCredentials::forget_ticket(const std::string& service) const {
    if (settings_.ccache.empty()) tickets_.forget(service);
}

}  // namespace keyline::auth
