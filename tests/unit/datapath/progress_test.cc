#include "datapath/progress.h"

#include <gtest/gtest.h>

#include <set>

namespace keyline::datapath {
namespace {

kl_sa inbound(std::uint32_t window) {
    kl_sa sa{};
    sa.direction = KL_INBOUND;
    sa.replay_window = window;
    return sa;
}

void mark(kl_sa_state& state, std::uint64_t number) {
    state.window[number / 64 % KL_REPLAY_WORDS] |= std::uint64_t{1} << (number % 64);
}

bool marked(const kl_sa_state& state, std::uint64_t number) {
    return (state.window[number / 64 % KL_REPLAY_WORDS] >> (number % 64) & 1) != 0;
}

TEST(Progress, TheKernelsBitmapNumbersFromOne) {
    kl_sa_state state{};
    state.sequence = 5;
    for (const std::uint64_t number : {1, 2, 5})
        mark(state, number);
    const XfrmProgress progress = to_kernel(inbound(64), state);
    EXPECT_EQ(5U, progress.inbound);
    EXPECT_EQ((std::vector<std::uint32_t>{0b10011, 0}), progress.window);
}

TEST(Progress, AWindowComesBackAsItWent) {
    for (const std::uint32_t window : {32U, 100U, 2048U}) {
        for (const std::uint64_t top :
             {std::uint64_t{7}, std::uint64_t{5000}, std::uint64_t{0x1'0000'0005}}) {
            SCOPED_TRACE(std::to_string(window) + " " + std::to_string(top));
            if (top > 0xffffffff && (window & (window - 1)) != 0) continue;  // the kernel's bits turn there
            kl_sa_state before{}, after{};
            before.sequence = top;
            std::set<std::uint64_t> seen;
            for (std::uint64_t number = top > window ? top - window + 1 : 1; number <= top; number += 3)
                seen.insert(number);
            for (const std::uint64_t number : seen)
                mark(before, number);
            after.window[0] = ~std::uint64_t{0};
            from_kernel(to_kernel(inbound(window), before), inbound(window), after);
            EXPECT_EQ(top, after.sequence);
            for (std::uint64_t number = top > window ? top - window + 1 : 1; number <= top; ++number)
                EXPECT_EQ(seen.contains(number), marked(after, number)) << number;
        }
    }
}

TEST(Progress, OutboundNumbersLeaveRoomForPacketsUnderWay) {
    kl_sa sa{};
    sa.direction = KL_OUTBOUND;
    kl_sa_state state{};
    state.sequence = 10;
    state.packets = 9;
    state.octets = 900;
    const XfrmProgress progress = to_kernel(sa, state);
    EXPECT_EQ(10 + kSequenceGap, progress.outbound);
    EXPECT_EQ(9U, progress.packets);
    EXPECT_EQ(900U, progress.octets);
    from_kernel(progress, sa, state);
    EXPECT_EQ(10 + 2 * kSequenceGap, state.sequence);
}

}  // namespace
}  // namespace keyline::datapath
