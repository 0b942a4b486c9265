#include "daemon/rate_limit.h"

#include <gtest/gtest.h>

namespace keyline::daemon {
namespace {

using namespace std::chrono_literals;

TEST(RateLimit, AllowsABurstThenTheRate) {
    RateLimit limit(3, 2);
    RateLimit::Instant now{1h};
    for (int i = 0; i < 3; ++i)
        EXPECT_TRUE(limit.allow(now));
    EXPECT_FALSE(limit.allow(now));
    EXPECT_FALSE(limit.allow(now + 100ms));
    EXPECT_EQ(limit.take_suppressed(), 2u);
    EXPECT_EQ(limit.take_suppressed(), 0u);
    EXPECT_TRUE(limit.allow(now + 600ms));
    EXPECT_FALSE(limit.allow(now + 600ms));
}

TEST(RateLimit, ALongSilenceGivesNoMoreThanTheBurst) {
    RateLimit limit(2, 10);
    RateLimit::Instant now{1h};
    EXPECT_TRUE(limit.allow(now));
    now += 24h;
    EXPECT_TRUE(limit.allow(now));
    EXPECT_TRUE(limit.allow(now));
    EXPECT_FALSE(limit.allow(now));
}

}  // namespace
}  // namespace keyline::daemon
