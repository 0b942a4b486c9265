#include "datapath/xfrm_statistics.h"

#include <gtest/gtest.h>

#include <sstream>

namespace keyline::datapath {
namespace {

TEST(XfrmStatistics, TellsWhatTheKernelCountsAndWhy) {
    std::istringstream file("XfrmInError             \t0\nXfrmInStateMismatch     \t18446744073709551615\n");
    const auto found = read_xfrm_statistics(file);
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].name, "XfrmInError");
    EXPECT_EQ(found[0].count, 0U);
    EXPECT_FALSE(found[0].cause.empty());
    EXPECT_EQ(found[1].name, "XfrmInStateMismatch");
    EXPECT_EQ(found[1].count, ~std::uint64_t{0});
    EXPECT_NE(found[1].cause.find("selectors"), std::string::npos);
}

TEST(XfrmStatistics, StopsAtWhatIsNoCount) {
    std::istringstream file("XfrmInError 1\nXfrmInBufferError many\nXfrmInHdrError 2\n");
    EXPECT_EQ(read_xfrm_statistics(file).size(), 1U);
}

}  // namespace
}  // namespace keyline::datapath
