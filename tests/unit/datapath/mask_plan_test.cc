#include "datapath/mask_plan.h"

#include <gtest/gtest.h>

namespace keyline::datapath {
namespace {

TupleWords first_bits(int bits) { return {bits == 0 ? 0 : ~std::uint64_t{0} >> (64 - bits)}; }

// `count` values that differ in the first 16 bits already, or not before bit `spread`.
std::vector<TupleWords> values(std::size_t count, int spread = 0) {
    std::vector<TupleWords> out;
    for (std::size_t i = 0; i < count; ++i) {
        out.push_back({i << spread});
    }
    return out;
}

ExactMask mask(int bits, const std::vector<TupleWords>& of, std::uint32_t precedence) {
    return {first_bits(bits), of, precedence};
}

TEST(MaskPlan, MasksMergeWhereTheirSelectorsStayApart) {
    const auto some = values(100);
    const MaskPlan plan = plan_masks({mask(16, some, 5), mask(32, some, 2)});
    ASSERT_EQ(plan.search.size(), 1U);
    EXPECT_EQ(plan.search[0].words, first_bits(16));
    EXPECT_EQ(plan.search[0].best_precedence, 2U);
}

TEST(MaskPlan, MasksStayApartWhereGroupsWouldGrowInTheOrderOfPrecedence) {
    const auto close = values(100, 16), few = values(1);
    const MaskPlan plan = plan_masks({mask(16, few, 5), mask(32, close, 2)});
    ASSERT_EQ(plan.search.size(), 2U);
    EXPECT_EQ(plan.search[0].best_precedence, 2U);
    EXPECT_EQ(plan.search_of, (std::vector<std::uint32_t>{1, 0}));
}

TEST(MaskPlan, BeyondTheLimitTheRarestIsMergedWithItsNearest) {
    const auto many = values(100, 24), one = values(1, 24);
    const MaskPlan plan = plan_masks({mask(8, values(100), 0), mask(24, one, 3), mask(32, many, 1)}, 2);
    ASSERT_EQ(plan.search.size(), 2U);
    EXPECT_EQ(plan.search_of[1], plan.search_of[0])
        << "8 bits lost by 100 selectors cost more than 16 by one";
    EXPECT_NE(plan.search_of[1], plan.search_of[2]);
}

TEST(MaskPlan, AMergedMaskIsNoFinerThanItsMembers) {
    const auto one = values(1);
    std::vector<ExactMask> exact;
    for (int bits = 0; bits <= 64; ++bits) {
        exact.push_back(mask(bits, one, static_cast<std::uint32_t>(64 - bits)));
    }
    const MaskPlan plan = plan_masks(exact, 4);
    ASSERT_LE(plan.search.size(), 4U);
    for (std::size_t i = 0; i < exact.size(); ++i) {
        const SearchMask& search = plan.search[plan.search_of[i]];
        EXPECT_EQ(masked(search.words, exact[i].words), search.words);
        EXPECT_LE(search.best_precedence, exact[i].best_precedence);
    }
}

}  // namespace
}  // namespace keyline::datapath
