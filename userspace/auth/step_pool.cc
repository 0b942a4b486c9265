#include "auth/step_pool.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "auth/failure.h"

namespace keyline::auth {
namespace {

struct Task {
    std::uint64_t step = 0;
    std::shared_ptr<Context> context;
    StepInput input;
};

// Steps of one kind and the threads that run them.
struct Lane {
    std::deque<Task> queue;
    std::condition_variable changed;
};

}  // namespace

// Threads own it too: one that waits for a server when the pool goes away outlives the pool.
struct StepPool::State {
    std::mutex mutex;
    Lane waiting;
    Lane computing;
    bool stopped = false;
    std::size_t threads = 0;
    std::size_t threads_waiting = 0;  // of these, those in a step that may wait for a server
    std::condition_variable thread_left;
    Done done;
    std::size_t queue_limit = 0;

    void work(Lane& lane) {
        std::unique_lock lock(mutex);
        for (;;) {
            lane.changed.wait(lock, [&] { return stopped || !lane.queue.empty(); });
            if (stopped) break;
            Task task = std::move(lane.queue.front());
            lane.queue.pop_front();
            const std::size_t waits = &lane == &waiting ? 1 : 0;
            threads_waiting += waits;
            lock.unlock();
            StepResult result = task.context->step(task.input);
            task.context.reset();
            lock.lock();
            threads_waiting -= waits;
            // Under the lock, so that none is in the middle of it when the pool's destructor returns.
            if (!stopped) done(task.step, std::move(result));
        }
        --threads;
        thread_left.notify_all();
    }
};

StepPool::StepPool(Done done, const StepPoolLimits& limits) : state_(std::make_shared<State>()) {
    state_->done = std::move(done);
    state_->queue_limit = limits.queue;
    state_->threads = limits.waiting_threads + limits.computing_threads;
    const auto start = [&](Lane State::*lane, std::size_t threads) {
        for (std::size_t n = 0; n < threads; ++n) {
            std::thread([state = state_, lane] { state->work(*state.*lane); }).detach();
        }
    };
    start(&State::waiting, limits.waiting_threads);
    start(&State::computing, limits.computing_threads);
}

StepPool::~StepPool() {
    std::deque<Task> waiting;
    std::deque<Task> computing;
    std::unique_lock lock(state_->mutex);
    state_->stopped = true;
    waiting.swap(state_->waiting.queue);
    computing.swap(state_->computing.queue);
    state_->waiting.changed.notify_all();
    state_->computing.changed.notify_all();
    // A thread that waits for a server cannot be interrupted: it outlives the pool, and all others do not.
    state_->thread_left.wait(lock, [&] { return state_->threads == state_->threads_waiting; });
}

bool StepPool::submit(std::uint64_t step, std::shared_ptr<Context> context, StepInput input) {
    Lane& lane = context->may_wait() ? state_->waiting : state_->computing;
    const std::lock_guard lock(state_->mutex);
    if (lane.queue.size() >= state_->queue_limit) return false;
    lane.queue.push_back({step, std::move(context), std::move(input)});
    lane.changed.notify_one();
    return true;
}

StepResult overloaded() {
    return Failure{SecStatus::kInternalError,
                   "too many authentication steps wait for an answer: is a KDC unreachable?"}
        .result();
}

}  // namespace keyline::auth
