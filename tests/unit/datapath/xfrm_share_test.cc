#include "datapath/xfrm_share.h"

#include <gtest/gtest.h>

#include <set>

namespace keyline::datapath {
namespace {

TEST(XfrmNumbers, SharesDoNotOverlap) {
    for (unsigned share = 0; share + 1 < kXfrmShares; ++share) {
        const NumberRange ids = xfrm_ids(share);
        EXPECT_TRUE(ids.contains(ids.first));
        EXPECT_TRUE(ids.contains(ids.first + ids.count - 1));
        EXPECT_EQ(ids.first + ids.count, xfrm_ids(share + 1).first);
        EXPECT_FALSE(ids.contains(xfrm_ids(share + 1).first));
        EXPECT_FALSE(xfrm_ids(share + 1).contains(ids.first));
        EXPECT_EQ(xfrm_priorities(share).first + xfrm_priorities(share).count,
                  xfrm_priorities(share + 1).first);
        EXPECT_TRUE(is_keyline_id(ids.first));
        EXPECT_TRUE(is_keyline_priority(xfrm_priorities(share).first));
    }
    EXPECT_FALSE(is_keyline_id(1));
    EXPECT_FALSE(is_keyline_priority(0xffffffff));
}

TEST(XfrmShare, NamesThatMeetInOnePlaceHaveTwoShares) {
    const auto first = choose_xfrm_share("a", {});
    ASSERT_TRUE(first);
    EXPECT_EQ(first, choose_xfrm_share("q", {}));
    EXPECT_NE(first, choose_xfrm_share("q", XfrmShares().set(*first)));
}

TEST(XfrmShare, SixteenInstancesHaveOneEachAndTheNextNone) {
    XfrmShares taken;
    std::set<unsigned> chosen;
    for (unsigned i = 0; i < kXfrmShares; ++i) {
        const auto share = choose_xfrm_share("main", taken);
        ASSERT_TRUE(share);
        EXPECT_TRUE(chosen.insert(*share).second);
        taken.set(*share);
    }
    EXPECT_FALSE(choose_xfrm_share("main", taken));
}

}  // namespace
}  // namespace keyline::datapath
