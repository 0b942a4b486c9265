// What the methods that IKEv1 alone knows have in common: AuthIP gets no contexts of them.
#pragma once

#include <memory>

#include "auth/method.h"

namespace keyline::auth {

class Ikev1Method : public Method {
  public:
    // IKEv1's main mode always has a Diffie-Hellman exchange.
    bool needs_dh() const final { return true; }
    // Contexts whose first step fails.
    std::shared_ptr<Context> initiate(const PeerNames& peer) final;
    std::shared_ptr<Context> accept(const PeerNames& peer) final;
};

}  // namespace keyline::auth
