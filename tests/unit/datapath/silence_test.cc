#include "datapath/silence.h"

#include <gtest/gtest.h>

namespace keyline::datapath {
namespace {

using std::chrono::seconds;

constexpr std::uint64_t kSecond = 1'000'000'000;

TEST(Silence, WhoSendsWithoutAnAnswerIsToldHowLong) {
    Use inbound, outbound;
    EXPECT_FALSE(find_silence(inbound, 100 * kSecond, outbound, 100 * kSecond, 101 * kSecond));
    EXPECT_FALSE(find_silence(inbound, 100 * kSecond, outbound, 102 * kSecond, 103 * kSecond));
    const auto silence = find_silence(inbound, 100 * kSecond, outbound, 115 * kSecond, 115 * kSecond);
    ASSERT_TRUE(silence);
    EXPECT_EQ(seconds(12), silence->unanswered);
    EXPECT_EQ(seconds(0), silence->idle);
}

TEST(Silence, AnAnswerEndsIt) {
    Use inbound, outbound;
    EXPECT_FALSE(find_silence(inbound, 100 * kSecond, outbound, 102 * kSecond, 103 * kSecond));
    EXPECT_FALSE(find_silence(inbound, 100 * kSecond, outbound, 104 * kSecond, 105 * kSecond));
    EXPECT_FALSE(find_silence(inbound, 106 * kSecond, outbound, 116 * kSecond, 116 * kSecond));
}

TEST(Silence, UnusedSasAreIdleSinceTheyAreKnown) {
    Use inbound{.known_since = 100 * kSecond}, outbound;
    EXPECT_FALSE(find_silence(inbound, 0, outbound, 0, 109 * kSecond));
    const auto silence = find_silence(inbound, 0, outbound, 0, 111 * kSecond);
    ASSERT_TRUE(silence);
    EXPECT_EQ(seconds(11), silence->idle);
    EXPECT_EQ(seconds(0), silence->unanswered);
}

}  // namespace
}  // namespace keyline::datapath
