#include "base/secret.h"

#include <gtest/gtest.h>

#include <type_traits>

namespace keyline {
namespace {

static_assert(!std::is_copy_constructible_v<Secret>);
static_assert(!std::is_copy_assignable_v<Secret>);

TEST(SecretTest, ComparesByContents) {
    const Secret one = Secret::copy_of(*from_hex("00112233"));
    EXPECT_TRUE(one == one.clone());
    EXPECT_FALSE(one == Secret::copy_of(*from_hex("00112234")));
    EXPECT_FALSE(one == one.slice(0, 3));
    EXPECT_TRUE(Secret() == Secret());
}

TEST(SecretTest, MovedFromIsEmpty) {
    Secret one = Secret::copy_of(*from_hex("0011"));
    const Secret two = std::move(one);
    EXPECT_TRUE(one.empty());  // NOLINT(bugprone-use-after-move,clang-analyzer-cplusplus.Move)
    EXPECT_EQ(two.size(), 2U);
}

TEST(HexTest, RoundTripsAndRefusesRubbish) {
    EXPECT_EQ(to_hex(*from_hex("00aBfF")), "00abff");
    EXPECT_FALSE(from_hex("0"));
    EXPECT_FALSE(from_hex("0g"));
}

}  // namespace
}  // namespace keyline
