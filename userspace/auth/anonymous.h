// Anonymous authentication: one round trip of empty tokens that proves nothing (MS-AIPS 2.2.3.1;
// interpretation item 15).
#pragma once

#include <string>

#include "auth/method.h"

namespace keyline::auth {

class AnonymousMethod final : public Method {
  public:
    // `local_name` is what GSS_ID announces (M10), not empty.
    explicit AnonymousMethod(std::string local_name);

    MethodId id() const override { return MethodId::kAnonymous; }
    std::string local_name() const override { return local_name_; }
    bool needs_dh() const override { return true; }
    std::shared_ptr<Context> initiate(const PeerNames& peer) override;
    std::shared_ptr<Context> accept(const PeerNames& peer) override;
    bool proves_peer_to(End) const override { return false; }

  private:
    std::string local_name_;
};

}  // namespace keyline::auth
