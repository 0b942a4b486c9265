// Threads that run authentication steps, which may wait for a KDC, off the keyer's loop (design decision 1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "auth/method.h"

namespace keyline::auth {

struct StepPoolLimits {
    // Threads for steps that may wait for a server (Context::may_wait), and for those that only compute. A
    // server that does not answer thus holds up the first kind alone.
    std::size_t waiting_threads = 8;
    std::size_t computing_threads = 2;
    // Steps of one kind that may be queued.
    std::size_t queue = 1024;
};

class StepPool {
  public:
    // Called on a thread of the pool, once per step that `submit` took, in any order. It must neither
    // block nor call the pool.
    using Done = std::function<void(std::uint64_t step, StepResult result)>;

    explicit StepPool(Done done, const StepPoolLimits& limits = {});
    // Drops what is queued. A step that is running ends on its own; `done` is not called any more once this
    // returns.
    ~StepPool();
    StepPool(const StepPool&) = delete;
    StepPool& operator=(const StepPool&) = delete;

    // Runs `context->step(input)` on some thread. The caller leaves the context alone until `done` was
    // called. False when the queue is full: the step will not run, and the caller has to end it as failed
    // (overloaded()).
    bool submit(std::uint64_t step, std::shared_ptr<Context> context, StepInput input);

  private:
    struct State;
    std::shared_ptr<State> state_;
};

// The result of a step that no pool would take.
StepResult overloaded();

}  // namespace keyline::auth
