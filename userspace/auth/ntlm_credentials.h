// The accounts of an NTLM method: [auth.ntlm] of the configuration. Private to auth/.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "auth/gss.h"
#include "policy/policy.h"

namespace keyline::auth::ntlm {

gss_OID mechanism();

// A host as NTLM's target, "host@b.example.com".
std::expected<gss::Name, gss::Error> import_host(const std::string& host);

// Immutable, so thread-safe.
class Credentials {
  public:
    // The error is one line.
    static std::expected<std::shared_ptr<const Credentials>, std::string> load(
        const policy::NtlmAuth& settings, const std::string& host);

    // "DOMAIN\user"; empty on a host that only responds, which has no `initiating` either.
    const std::string& account() const { return account_; }
    gss_cred_id_t initiating() const { return initiating_.get(); }
    gss_cred_id_t accepting() const { return accepting_.get(); }
    // Where accounts are looked up, for people; winbind may ask a domain controller.
    bool by_winbind() const { return accounts_.empty(); }
    std::string looked_up_in() const { return by_winbind() ? "winbind" : accounts_; }

  private:
    Credentials() = default;

    std::string account_;
    std::string accounts_;
    gss::Credentials initiating_;
    gss::Credentials accepting_;
};

}  // namespace keyline::auth::ntlm
