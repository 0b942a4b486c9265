// TLS 1.2 by OpenSSL in memory, mutual or of the responder alone (MS-AIPS 1.7, 2.2.3.1, 3.1): an initiator's
// tokens are the client's messages, a responder's the server's. The secret is exported (interpretation item
// 16). Certificates are checked for chain, validity, revocation where CRLs are configured, extended key
// usage, and the name that policy wants.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "auth/method.h"
#include "auth/other_credentials.h"
#include "policy/policy.h"

namespace keyline::auth {

namespace tls {
class Credentials;
}

class TlsMethod final : public Method {
  public:
    // Reads certificates, keys, CAs and CRLs. The error, one line, names the file and the remedy.
    // `machine_name` is announced when there is no certificate to take a name from.
    static std::expected<std::shared_ptr<TlsMethod>, std::string> make(
        const policy::TlsAuth& settings, const std::string& machine_name,
        const std::vector<policy::Credentials>& others = {});

    MethodId id() const override { return MethodId::kTls; }
    std::string local_name() const override { return local_name_; }
    bool needs_dh() const override { return false; }
    // The peer's name is what policy wants; what the peer announces is not looked at (M14).
    std::shared_ptr<Context> initiate(const PeerNames& peer) override;
    std::shared_ptr<Context> accept(const PeerNames& peer) override;
    // With the certificates of `others`, which name a user.
    std::shared_ptr<Context> initiate_as(const Identity& who, const PeerNames& peer) override;
    bool proves_peer_to(End end) const override;

  private:
    TlsMethod(std::shared_ptr<const tls::Credentials> credentials, std::string local_name);

    std::shared_ptr<const tls::Credentials> credentials_;
    OtherCredentials<const tls::Credentials> others_;
    std::string local_name_;
};

}  // namespace keyline::auth
