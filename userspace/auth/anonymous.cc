#include "auth/anonymous.h"

#include <utility>

#include "auth/failure.h"

namespace keyline::auth {
namespace {

// Complete after `steps` empty tokens: an initiator steps once to ask and once on the answer, a responder
// once.
class AnonymousContext final : public Context {
  public:
    explicit AnonymousContext(int steps) : steps_left_(steps) {}

    StepResult step(const StepInput& input) override {
        if (!input.token.empty()) {
            return Failure{
                SecStatus::kInvalidToken,
                "anonymous: the peer's token is not empty: the peer runs another method under this name"}
                .result();
        }
        if (steps_left_ == 0) {
            return Failure{SecStatus::kOutOfSequence,
                           "anonymous: a token after the last one: the peer is broken"}
                .result();
        }
        --steps_left_;
        return {.complete = steps_left_ == 0};
    }

  private:
    int steps_left_;
};

}  // namespace

AnonymousMethod::AnonymousMethod(std::string local_name) : local_name_(std::move(local_name)) {}

std::shared_ptr<Context> AnonymousMethod::initiate(const PeerNames&) {
    return std::make_shared<AnonymousContext>(2);
}

std::shared_ptr<Context> AnonymousMethod::accept(const PeerNames&) {
    return std::make_shared<AnonymousContext>(1);
}

}  // namespace keyline::auth
