// NTLM by gss-ntlmssp (MS-NLMP; MS-AIPS 1.7, 2.2.3.1): tokens without any wrapping, confidentiality asked
// for, the initiator alone authenticated. NTLM version 1 is refused. The secret is the context's SSPI session
// key (interpretation item 16), and a Diffie-Hellman exchange always goes with it.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "auth/method.h"
#include "auth/other_credentials.h"
#include "policy/policy.h"

namespace keyline::auth {

namespace ntlm {
class Credentials;
struct Account;
}  // namespace ntlm

class NtlmMethod final : public Method {
  public:
    // Reads the passwords; asks no domain controller. The error, one line, names what is wrong and the
    // remedy. `machine_name` is announced, "host/a.example.com".
    static std::expected<std::shared_ptr<NtlmMethod>, std::string> make(
        const policy::NtlmAuth& settings, const std::string& machine_name,
        const std::vector<policy::Credentials>& others = {});

    MethodId id() const override { return MethodId::kNtlm; }
    std::string local_name() const override { return machine_name_; }
    bool needs_dh() const override { return true; }
    // Proves nothing of the peer.
    std::shared_ptr<Context> initiate(const PeerNames& peer) override;
    // Proves the account, "DOMAIN\user".
    std::shared_ptr<Context> accept(const PeerNames& peer) override;
    // With an account of `others`.
    std::shared_ptr<Context> initiate_as(const Identity& who, const PeerNames& peer) override;
    bool proves_peer_to(End end) const override { return end == End::kAcceptor; }

  private:
    NtlmMethod(std::shared_ptr<const ntlm::Credentials> credentials, std::string machine_name);

    std::shared_ptr<const ntlm::Credentials> credentials_;
    OtherCredentials<const ntlm::Account> others_;
    std::string machine_name_;
};

}  // namespace keyline::auth
