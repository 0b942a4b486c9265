// The GSS-API exchange's view of a main mode SA.
#pragma once

#include <memory>
#include <string>

#include "authip/gss_exchange.h"
#include "authip/session.h"
#include "exchange/host.h"

namespace keyline::authip {

class MainModeGss final : public GssEnvironment {
  public:
    MainModeGss(Session& session, exchange::Host& host) : session_(session), host_(host) {}

    std::shared_ptr<auth::Context> new_context(auth::MethodId method) override;
    void method_tried(auth::MethodId method) override;
    void method_failed(auth::MethodId method, exchange::By by, std::uint32_t status,
                       const std::string& why) override;

  private:
    Session& session_;
    exchange::Host& host_;
};

}  // namespace keyline::authip
