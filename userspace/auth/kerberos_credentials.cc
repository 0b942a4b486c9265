#include "auth/kerberos_credentials.h"

#include <utility>

#include "auth/kerberos_failure.h"
#include "auth/keytab.h"

namespace keyline::auth {

namespace {

bool only_initiates(const policy::KerberosAuth& settings) {
    return !settings.ccache.empty() && settings.keytab.empty();
}

std::expected<gss::Name, Failure> name_in_cache(const std::string& ccache) {
    const std::string activity = "Kerberos, credential cache " + ccache;
    const auto cached = gss::acquire_credentials(GSS_C_NO_NAME, GSS_C_INITIATE, {{"ccache", ccache}});
    if (!cached) return std::unexpected(explain(activity, cached.error()));
    gss::Name name;
    OM_uint32 minor = 0;
    const OM_uint32 major = gss_inquire_cred(&minor, cached->get(), name.out(), nullptr, nullptr, nullptr);
    if (GSS_ERROR(major)) return std::unexpected(explain(activity, gss::make_error(major, minor)));
    return name;
}

std::expected<gss::Name, Failure> own_name(const policy::KerberosAuth& settings) {
    if (!settings.principal.empty()) {
        auto name = gss::import_principal(settings.principal);
        if (!name) return std::unexpected(explain("Kerberos, auth.kerberos.principal", name.error()));
        return *std::move(name);
    }
    if (only_initiates(settings)) return name_in_cache(settings.ccache);
    return std::unexpected(Failure{
        SecStatus::kNoCredentials,
        "Kerberos: auth.kerberos.principal is missing: name this host's principal, as `klist -k` lists it, "
        "for example host/a.example.com@EXAMPLE.COM"});
}

}  // namespace

KerberosCredentials::KerberosCredentials(policy::KerberosAuth settings, std::string keytab, gss::Name name,
                                         std::string principal)
    : settings_(std::move(settings)),
      keytab_(std::move(keytab)),
      name_(std::move(name)),
      principal_(std::move(principal)) {}

std::expected<std::shared_ptr<KerberosCredentials>, std::string> KerberosCredentials::load(
    const policy::KerberosAuth& settings) {
    auto name = own_name(settings);
    if (!name) return std::unexpected(name.error().line);
    const auto principal = gss::display_name(name->get());
    if (!principal)
        return std::unexpected(explain("Kerberos, auth.kerberos.principal", principal.error()).line);

    const std::string keytab = settings.keytab.empty() ? default_keytab() : settings.keytab;
    if (!only_initiates(settings)) {
        if (const auto checked = check_keytab(keytab, *principal); !checked)
            return std::unexpected(checked.error());
    }
    return std::shared_ptr<KerberosCredentials>(
        new KerberosCredentials(settings, keytab, *std::move(name), *principal));
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

    const std::string& cache = settings_.ccache.empty() ? tickets_.name() : settings_.ccache;
    auto credentials = gss::acquire_credentials(name_.get(), GSS_C_INITIATE,
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
