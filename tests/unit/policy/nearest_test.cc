#include "policy/config/nearest.h"

#include <gtest/gtest.h>

#include <string>

namespace keyline::policy::config {
namespace {

constexpr std::string_view kWords[] = {"action", "auth", "local", "local_port", "remote", "remote_port"};

TEST(NearestTest, FindsTheWordThatWasMeant) {
    EXPECT_EQ(nearest("acton", kWords), "action");
    EXPECT_EQ(nearest("actoin", kWords), "action");
    EXPECT_EQ(nearest("Action", kWords), "action");
    EXPECT_EQ(nearest("localport", kWords), "local_port");
    EXPECT_EQ(nearest("local-port", kWords), "local_port");
    EXPECT_EQ(nearest("autth", kWords), "auth");
    EXPECT_EQ(nearest("local", kWords), "local");
}

TEST(NearestTest, KeepsSilentWhenNothingIsNear) {
    EXPECT_EQ(nearest("x", kWords), std::nullopt);
    EXPECT_EQ(nearest("lifetime", kWords), std::nullopt);
    EXPECT_EQ(nearest("", kWords), std::nullopt);
    EXPECT_EQ(nearest(std::string(100'000, 'a'), kWords), std::nullopt);
    EXPECT_EQ(nearest("action", {}), std::nullopt);
}

}  // namespace
}  // namespace keyline::policy::config
