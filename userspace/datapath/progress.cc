#include "datapath/progress.h"

#include <algorithm>

namespace keyline::datapath {
namespace {

// Calls visit(number) for each number that the window covers.
template <typename Visit>
void for_each_in_window(std::uint64_t top, std::uint32_t window, Visit visit) {
    for (std::uint64_t number = top > window ? top - window + 1 : 1; number <= top; ++number) {
        visit(number);
    }
}

}  // namespace

XfrmProgress to_kernel(const kl_sa& sa, const kl_sa_state& state) {
    XfrmProgress progress{.packets = state.packets, .octets = state.octets};
    if (sa.direction == KL_OUTBOUND) {
        progress.outbound = state.sequence + kSequenceGap;
        return progress;
    }
    const std::uint32_t window = sa.replay_window;
    progress.inbound = state.sequence;
    progress.window.assign((window + 31) / 32, 0);
    for_each_in_window(progress.inbound, window, [&](std::uint64_t number) {
        if ((state.window[number / 64 % KL_REPLAY_WORDS] >> (number % 64) & 1) != 0) {
            const std::uint32_t bit = (static_cast<std::uint32_t>(number) - 1) % window;
            progress.window[bit / 32] |= 1U << (bit % 32);
        }
    });
    return progress;
}

void from_kernel(const XfrmProgress& progress, const kl_sa& sa, kl_sa_state& state) {
    if (sa.direction == KL_OUTBOUND) {
        state.sequence = progress.outbound + kSequenceGap;
        return;
    }
    const std::uint32_t window = sa.replay_window;
    std::ranges::fill(state.window, std::uint64_t{0});
    state.sequence = progress.inbound;
    for_each_in_window(progress.inbound, window, [&](std::uint64_t number) {
        const std::uint32_t bit = (static_cast<std::uint32_t>(number) - 1) % window;
        if (bit / 32 < progress.window.size() && (progress.window[bit / 32] >> (bit % 32) & 1) != 0) {
            state.window[number / 64 % KL_REPLAY_WORDS] |= std::uint64_t{1} << (number % 64);
        }
    });
}

}  // namespace keyline::datapath
