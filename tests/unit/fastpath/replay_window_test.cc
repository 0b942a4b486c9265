// The window against a model that remembers every number.
#include "fastpath/replay_window.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace keyline::fastpath::testing {
namespace {

// What RFC 4303 3.4.3 asks for, without the bitmap.
class Model {
  public:
    explicit Model(std::uint32_t window) : window_(window) {}
    bool accept(std::uint64_t sequence) {
        if (sequence == 0 || seen_.contains(sequence)) return false;
        if (sequence <= top_ && top_ - sequence >= window_) return false;
        seen_.insert(sequence);
        top_ = std::max(top_, sequence);
        return true;
    }
    std::uint64_t top() const { return top_; }

  private:
    std::uint32_t window_;
    std::uint64_t top_ = 0;
    std::set<std::uint64_t> seen_;
};

bool accept(kl_sa_state& state, std::uint32_t sequence, bool esn, std::uint32_t window) {
    const auto full = replay_check(state, sequence, esn, window);
    return full && replay_advance(state, *full, window);
}

TEST(ReplayWindow, AgreesWithTheModel) {
    for (const std::uint32_t window : {32U, 64U, 100U, 1024U, 2048U}) {
        std::mt19937 random(window);
        kl_sa_state state{};
        Model model(window);
        std::uint64_t near = 1;
        for (int i = 0; i < 200000; ++i) {
            // Mostly around the front, now and then a leap, so that every word is shifted in and out.
            if (random() % 1000 == 0) near += random() % (3 * window);
            const std::int64_t offset = static_cast<std::int64_t>(random() % (window + 80)) - window - 20;
            const auto sequence = static_cast<std::uint32_t>(
                std::max<std::int64_t>(0, static_cast<std::int64_t>(near) + offset));
            if (random() % 4 == 0) ++near;
            ASSERT_EQ(accept(state, sequence, false, window), model.accept(sequence))
                << "packet " << i << " number " << sequence << " top " << model.top() << " window " << window;
            ASSERT_EQ(state.sequence, model.top());
        }
    }
}

// RFC 4303 A2: the receiver is told the low half only.
TEST(ReplayWindow, AgreesWithTheModelAcrossSubspaces) {
    for (const std::uint32_t window : {32U, 2048U}) {
        std::mt19937 random(window + 1);
        kl_sa_state state{};
        Model model(window);
        std::uint64_t near = 0xffff0000ULL;
        ASSERT_TRUE(accept(state, static_cast<std::uint32_t>(near), true, window));
        ASSERT_TRUE(model.accept(near));
        for (int i = 0; i < 300000; ++i) {
            if (random() % 500 == 0) near += 0x20000000;  // many turns, within what inference allows
            const std::uint64_t sequence = near - random() % window + random() % 20;
            near = std::max(near, sequence);
            ASSERT_EQ(accept(state, static_cast<std::uint32_t>(sequence), true, window),
                      model.accept(sequence))
                << "packet " << i << " number " << std::hex << sequence << " top " << model.top();
            ASSERT_EQ(state.sequence, model.top());
        }
    }
}

TEST(ReplayWindow, ZeroIsNeverANumber) {
    kl_sa_state state{};
    EXPECT_FALSE(replay_check(state, 0, false, 64));
    EXPECT_FALSE(replay_check(state, 0, true, 64));
}

TEST(ReplayWindow, BeforeTheFirstTurnThereIsNoEarlierSubspace) {
    kl_sa_state state{};
    state.sequence = 10;
    EXPECT_FALSE(replay_check(state, 0xfffffff0U, true, 2048));
}

TEST(ReplayWindow, IsNeverOff) {
    EXPECT_EQ(effective_window(0), 32U);
    EXPECT_EQ(effective_window(64), 64U);
    EXPECT_EQ(effective_window(100000), 2048U);
}

TEST(ReplayWindow, CheckingAloneChangesNothing) {
    kl_sa_state state{};
    EXPECT_TRUE(replay_check(state, 5, false, 64));
    EXPECT_TRUE(replay_check(state, 5, false, 64));
    EXPECT_EQ(state.sequence, 0U);
}

}  // namespace
}  // namespace keyline::fastpath::testing
