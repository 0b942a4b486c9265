// The accounts of an NTLM method: [auth.ntlm] of the configuration. Private to auth/.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "auth/gss.h"
#include "policy/policy.h"

namespace keyline::auth::ntlm {

gss_OID mechanism();

// What an initiator authenticates with.
struct Account {
    std::string name;  // "DOMAIN\user"
    gss::Credentials credentials;
};
// Reads the password of the account in policy's table `table`. The error is one line.
std::expected<std::shared_ptr<const Account>, std::string> load_account(const policy::NtlmAuth& settings,
                                                                        const std::string& table);

// Immutable, so thread-safe.
class Credentials {
  public:
    // `host` names this one in its challenges. The error is one line.
    static std::expected<std::shared_ptr<const Credentials>, std::string> load(
        const policy::NtlmAuth& settings, const std::string& host);

    // Null on a host that only responds.
    const std::shared_ptr<const Account>& account() const { return account_; }
    gss_cred_id_t accepting() const { return accepting_.get(); }
    // The peer of an initiator: nobody in particular, for NTLM could not prove its name.
    gss_name_t target() const { return target_.get(); }
    // Where accounts are looked up, for people; winbind may ask a domain controller.
    bool by_winbind() const { return accounts_.empty(); }
    std::string looked_up_in() const { return by_winbind() ? "winbind" : accounts_; }

  private:
    Credentials() = default;

    std::shared_ptr<const Account> account_;
    std::string accounts_;
    gss::Credentials accepting_;
    gss::Name target_;
};

}  // namespace keyline::auth::ntlm
