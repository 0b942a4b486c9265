#include "auth/step_pool.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <thread>

namespace keyline::auth {
namespace {

// Echoes its input once its gate is open.
class GatedContext final : public Context {
  public:
    GatedContext(std::shared_future<void> gate, bool waits) : gate_(std::move(gate)), waits_(waits) {}

    StepResult step(const StepInput& input) override {
        started_.set_value();
        gate_.wait();
        return {.token = input.token};
    }
    bool may_wait() const override { return waits_; }
    void wait_until_started() { started_.get_future().wait(); }

  private:
    std::shared_future<void> gate_;
    bool waits_;
    std::promise<void> started_;
};

class StepPoolTest : public testing::Test {
  protected:
    ~StepPoolTest() override { open(); }

    void open() {
        if (!std::exchange(opened_, true)) gate_.set_value();
    }
    std::shared_ptr<GatedContext> gated(bool waits) const {
        return std::make_shared<GatedContext>(shared_gate_, waits);
    }
    static std::shared_ptr<GatedContext> ready(bool waits) {
        std::promise<void> open;
        open.set_value();
        return std::make_shared<GatedContext>(open.get_future().share(), waits);
    }

    StepPool::Done collect() {
        return [this](std::uint64_t step, StepResult result) {
            const std::lock_guard lock(mutex_);
            results_[step] = std::move(result.token);
            changed_.notify_all();
        };
    }
    Bytes result(std::uint64_t step) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return results_.contains(step); });
        return results_[step];
    }
    std::size_t results() {
        const std::lock_guard lock(mutex_);
        return results_.size();
    }

  private:
    bool opened_ = false;
    std::promise<void> gate_;
    std::shared_future<void> shared_gate_{gate_.get_future()};
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::uint64_t, Bytes> results_;
};

TEST_F(StepPoolTest, GivesEachStepItsResult) {
    StepPool pool(collect());
    for (std::uint8_t n = 0; n < 100; ++n)
        ASSERT_TRUE(pool.submit(n, ready(n % 2 == 0), {Bytes{n}}));
    for (std::uint8_t n = 0; n < 100; ++n)
        EXPECT_EQ(result(n), Bytes{n});
}

TEST_F(StepPoolTest, AServerThatDoesNotAnswerHoldsUpNoComputation) {
    StepPool pool(collect(), {.waiting_threads = 2, .computing_threads = 1});
    for (std::uint64_t n = 0; n < 10; ++n)
        ASSERT_TRUE(pool.submit(n, gated(true), {}));
    ASSERT_TRUE(pool.submit(99, ready(false), {Bytes{9}}));
    EXPECT_EQ(result(99), Bytes{9});
    EXPECT_EQ(results(), 1U);
    open();
    for (std::uint64_t n = 0; n < 10; ++n)
        result(n);
}

TEST_F(StepPoolTest, RefusesWhatTheQueueDoesNotHold) {
    StepPool pool(collect(), {.waiting_threads = 1, .computing_threads = 1, .queue = 2});
    const auto running = gated(true);
    ASSERT_TRUE(pool.submit(0, running, {}));
    running->wait_until_started();
    EXPECT_TRUE(pool.submit(1, gated(true), {}));
    EXPECT_TRUE(pool.submit(2, gated(true), {}));
    EXPECT_FALSE(pool.submit(3, gated(true), {}));
    EXPECT_TRUE(pool.submit(4, ready(false), {}));
    EXPECT_NE(overloaded().status, 0U);
    open();
    for (std::uint64_t n = 0; n < 3; ++n)
        result(n);
}

TEST_F(StepPoolTest, GoesAwayWhileAServerDoesNotAnswer) {
    const auto running = gated(true);
    const auto queued = gated(true);
    {
        StepPool pool(collect(), {.waiting_threads = 1, .computing_threads = 1});
        ASSERT_TRUE(pool.submit(0, running, {}));
        running->wait_until_started();
        ASSERT_TRUE(pool.submit(1, queued, {}));
    }
    EXPECT_EQ(queued.use_count(), 1);  // dropped
    open();
    while (running.use_count() > 1)
        std::this_thread::yield();  // the thread ends on its own
    EXPECT_EQ(results(), 0U);
}

}  // namespace
}  // namespace keyline::auth
