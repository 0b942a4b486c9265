#include "auth/ikev1_method.h"

#include <string>
#include <utility>

#include "auth/failure.h"

namespace keyline::auth {
namespace {

class Refusing final : public Context {
  public:
    explicit Refusing(std::string method) : method_(std::move(method)) {}
    StepResult step(const StepInput&) override {
        return Failure{SecStatus::kUnsupportedFunction, "\"" + method_ + "\" authenticates IKEv1 only"}
            .result();
    }

  private:
    const std::string method_;
};

}  // namespace

std::shared_ptr<Context> Ikev1Method::initiate(const PeerNames&) {
    return std::make_shared<Refusing>(to_string(id()));
}

std::shared_ptr<Context> Ikev1Method::accept(const PeerNames& peer) { return initiate(peer); }

}  // namespace keyline::auth
