#include "policy/config/units.h"

#include <gtest/gtest.h>

namespace keyline::policy::config {
namespace {

using std::chrono::milliseconds;

TEST(UnitsTest, ReadsDurations) {
    EXPECT_EQ(parse_duration("0s"), milliseconds(0));
    EXPECT_EQ(parse_duration("500ms"), milliseconds(500));
    EXPECT_EQ(parse_duration("90s"), std::chrono::seconds(90));
    EXPECT_EQ(parse_duration("30m"), std::chrono::minutes(30));
    EXPECT_EQ(parse_duration("8h"), std::chrono::hours(8));
    EXPECT_EQ(parse_duration("7d"), std::chrono::days(7));
    for (const char* text : {"", "s", "90", "-1s", "1.5h", "1 h", "1H", "1h30m", "99999999999999999999s",
                             "9223372036854775807d", "+1s"}) {
        EXPECT_FALSE(parse_duration(text)) << text;
    }
}

TEST(UnitsTest, WritesDurationsInTheLargestUnitThatFits) {
    for (const char* text : {"0s", "1ms", "1500ms", "90s", "2m", "8h", "25h", "1d", "365d"}) {
        EXPECT_EQ(format_duration(parse_duration(text).value()), text);
    }
    EXPECT_EQ(format_duration(std::chrono::seconds(3600)), "1h");
}

TEST(UnitsTest, ReadsSizes) {
    EXPECT_EQ(parse_size("1500B"), 1500U);
    EXPECT_EQ(parse_size("100kB"), 100'000U);
    EXPECT_EQ(parse_size("100MB"), 100'000'000U);
    EXPECT_EQ(parse_size("2TB"), 2'000'000'000'000U);
    EXPECT_EQ(parse_size("1KiB"), 1024U);
    EXPECT_EQ(parse_size("4GiB"), 4ULL << 30);
    for (const char* text : {"", "MB", "100", "100mb", "1.5GB", "-1MB", "9000000000TiB"}) {
        EXPECT_FALSE(parse_size(text)) << text;
    }
}

}  // namespace
}  // namespace keyline::policy::config
