// Where a Kerberos method's credentials come from: [auth.kerberos] of the configuration. Private to auth/.
#pragma once

#include <atomic>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "auth/gss.h"
#include "auth/ticket_cache.h"
#include "auth/ticket_source.h"
#include "policy/policy.h"

namespace keyline::auth {

// Thread-safe. None of its places is the process's environment, except that an empty keytab path means the
// Kerberos library's default.
class KerberosCredentials final : public TicketSource {
  public:
    // Checks the name and that the keytab has a key for it; asks no KDC. The error is one line.
    static std::expected<std::shared_ptr<KerberosCredentials>, std::string> load(
        const policy::KerberosAuth& settings);

    // This host's principal with its realm.
    const std::string& principal() const { return principal_; }
    const std::string& keytab() const { return keytab_; }
    // Where its users' tickets are.
    const std::string& user_cache() const { return settings_.user_ccache; }
    std::string initiates_with() const override;

    // Asks a KDC when the tickets come from a keytab and are missing or old.
    std::expected<gss::Credentials, gss::Error> to_initiate() override;
    std::expected<gss::Credentials, gss::Error> to_accept() const;

    // The next attempt gets a new ticket, unless the cache is the administrator's.
    void forget_ticket(const std::string& service) const override;

  private:
    KerberosCredentials(policy::KerberosAuth settings, std::string keytab, gss::Name name,
                        std::string principal);

    // The client keytab, else the acceptor's; not in use when only a credential cache is configured.
    const std::string& client_keytab() const {
        return settings_.client_keytab.empty() ? keytab_ : settings_.client_keytab;
    }
    bool cache_alone() const { return !settings_.ccache.empty() && settings_.client_keytab.empty(); }
    std::expected<gss::Credentials, gss::Error> acquire_with_keytab();

    const policy::KerberosAuth settings_;
    const std::string keytab_;
    const gss::Name name_;
    const std::string principal_;  // the same as text
    TicketCache tickets_;
    std::mutex acquiring_;
    std::atomic<unsigned> attempts_{0};
    std::optional<gss::Error> last_error_;
};

}  // namespace keyline::auth
