#include "datapath/mask_plan.h"

#include <gtest/gtest.h>

namespace keyline::datapath {
namespace {

ExactMask mask(int bits, std::size_t selectors, std::uint32_t precedence) {
    ExactMask out;
    out.words[0] = bits == 0 ? 0 : ~std::uint64_t{0} >> (64 - bits);
    out.selectors = selectors;
    out.best_precedence = precedence;
    return out;
}

TEST(MaskPlan, FewMasksStayAsTheyAreInTheOrderOfPrecedence) {
    const MaskPlan plan = plan_masks({mask(8, 1, 5), mask(16, 9, 2)});
    ASSERT_EQ(plan.search.size(), 2U);
    EXPECT_EQ(plan.search[0].best_precedence, 2U);
    EXPECT_EQ(plan.search_of, (std::vector<std::uint32_t>{1, 0}));
}

TEST(MaskPlan, TheRarestIsMergedWithItsNearest) {
    const MaskPlan plan = plan_masks({mask(8, 100, 0), mask(24, 1, 3), mask(32, 100, 1)}, 2);
    ASSERT_EQ(plan.search.size(), 2U);
    EXPECT_EQ(plan.search_of[1], plan.search_of[0])
        << "8 bits lost by 100 selectors cost more than 16 by one";
    EXPECT_NE(plan.search_of[1], plan.search_of[2]);
}

TEST(MaskPlan, AMergedMaskIsNoFinerThanItsMembers) {
    std::vector<ExactMask> exact;
    for (int bits = 0; bits <= 64; ++bits) {
        exact.push_back(mask(bits, 1, static_cast<std::uint32_t>(64 - bits)));
    }
    const MaskPlan plan = plan_masks(exact, 4);
    ASSERT_EQ(plan.search.size(), 4U);
    for (std::size_t i = 0; i < exact.size(); ++i) {
        const SearchMask& search = plan.search[plan.search_of[i]];
        EXPECT_EQ(masked(search.words, exact[i].words), search.words);
        EXPECT_LE(search.best_precedence, exact[i].best_precedence);
    }
}

}  // namespace
}  // namespace keyline::datapath
