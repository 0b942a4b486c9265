// A context that refuses every token after its last step. Private to auth/.
#pragma once

#include <string>
#include <utility>

#include "auth/failure.h"
#include "auth/method.h"

namespace keyline::auth {

class EndingContext : public Context {
  public:
    StepResult step(const StepInput& input) final {
        if (ended_) {
            return Failure{SecStatus::kOutOfSequence,
                           method_ + ": a token after the last one: the peer is broken"}
                .result();
        }
        StepResult result = advance(input.token);
        ended_ = result.complete || result.status != 0;
        return result;
    }

  protected:
    // `method` opens the line of that failure: "Kerberos".
    explicit EndingContext(std::string method) : method_(std::move(method)) {}

    virtual StepResult advance(ByteView token) = 0;

  private:
    const std::string method_;
    bool ended_ = false;
};

}  // namespace keyline::auth
