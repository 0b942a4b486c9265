// Kerberos by MIT's GSS-API: RFC 1964 tokens without SPNEGO, mutual authentication and confidentiality always
// asked for (MS-AIPS 2.2.3.1). The secret is the context's SSPI session key (interpretation item 16).
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "auth/method.h"
#include "auth/other_credentials.h"
#include "policy/policy.h"

namespace keyline::auth {

class KerberosCredentials;

class KerberosMethod final : public Method {
  public:
    // Checks keytabs and names; asks no KDC. The error, one line, names what is wrong and the remedy.
    static std::expected<std::shared_ptr<KerberosMethod>, std::string> make(
        const policy::KerberosAuth& settings, const std::vector<policy::Credentials>& others = {});
    ~KerberosMethod() override;

    MethodId id() const override { return MethodId::kKerberos; }
    std::string local_name() const override;
    bool needs_dh() const override { return false; }
    // Refuses, at the first step, a peer name that is not a host's (auth/principal.h).
    std::shared_ptr<Context> initiate(const PeerNames& peer) override;
    std::shared_ptr<Context> accept(const PeerNames& peer) override;
    // With a keytab of `others`; a user without has the tickets of their own credential cache. The same
    // refusal.
    std::shared_ptr<Context> initiate_as(const Identity& who, const PeerNames& peer) override;

  private:
    explicit KerberosMethod(std::shared_ptr<KerberosCredentials> credentials);

    std::shared_ptr<KerberosCredentials> credentials_;
    OtherCredentials<KerberosCredentials> others_;
};

}  // namespace keyline::auth
