#include "fastpath/replay_window.h"

#include <algorithm>
#include <atomic>

namespace keyline::fastpath {
namespace {

constexpr std::uint32_t kMinWindow = 32;

// A lock in shared memory; held for a few dozen instructions, so waiting spins.
class StateLock {
  public:
    explicit StateLock(kl_sa_state& state) : word_(state.lock) {
        while (word_.exchange(1, std::memory_order_acquire) != 0) {
            while (word_.load(std::memory_order_relaxed) != 0)
                __builtin_ia32_pause();
        }
    }
    ~StateLock() { word_.store(0, std::memory_order_release); }
    StateLock(const StateLock&) = delete;
    StateLock& operator=(const StateLock&) = delete;

  private:
    std::atomic_ref<std::uint32_t> word_;
};

std::uint64_t load(const __u64& word) { return __atomic_load_n(&word, __ATOMIC_RELAXED); }

bool seen(const kl_sa_state& state, std::uint64_t sequence) {
    return (load(state.window[sequence / 64 % KL_REPLAY_WORDS]) >> (sequence % 64) & 1) != 0;
}

// Newer than everything, or inside the window and not marked.
bool is_new(const kl_sa_state& state, std::uint64_t top, std::uint64_t sequence, std::uint32_t window) {
    if (sequence > top) return true;
    return top - sequence < window && !seen(state, sequence);
}

std::optional<std::uint64_t> infer_esn(std::uint64_t top, std::uint32_t sequence, std::uint32_t window) {
    const auto top_low = static_cast<std::uint32_t>(top);
    const std::uint64_t top_high = top >> 32;
    const std::uint32_t bottom = top_low - window + 1;
    std::uint64_t high = top_high;
    if (top_low >= window - 1) {
        // The window lies within one subspace: a number below it belongs to the next one.
        if (sequence < bottom) ++high;
    } else if (sequence >= bottom) {
        // The window spans two: a number above its bottom belongs to the one before.
        if (top_high == 0) return std::nullopt;
        --high;
    }
    return high << 32 | sequence;
}

}  // namespace

std::uint32_t effective_window(std::uint32_t wanted) {
    return std::clamp<std::uint32_t>(wanted, kMinWindow, KL_REPLAY_MAX_WINDOW);
}

std::optional<std::uint64_t> replay_check(const kl_sa_state& state, std::uint32_t sequence, bool esn,
                                          std::uint32_t window) {
    const std::uint64_t top = load(state.sequence);
    std::optional<std::uint64_t> full = sequence;
    if (esn) full = infer_esn(top, sequence, window);
    if (!full || *full == 0 || !is_new(state, top, *full, window)) return std::nullopt;
    return full;
}

bool replay_advance(kl_sa_state& state, std::uint64_t sequence, std::uint32_t window) {
    const StateLock lock(state);
    const std::uint64_t top = state.sequence;
    if (!is_new(state, top, sequence, window)) return false;
    if (sequence > top) {
        const std::uint64_t words = std::min<std::uint64_t>(sequence / 64 - top / 64, KL_REPLAY_WORDS);
        for (std::uint64_t i = 1; i <= words; ++i) {
            __atomic_store_n(&state.window[(top / 64 + i) % KL_REPLAY_WORDS], 0, __ATOMIC_RELAXED);
        }
        __atomic_store_n(&state.sequence, sequence, __ATOMIC_RELAXED);
    }
    __u64& word = state.window[sequence / 64 % KL_REPLAY_WORDS];
    __atomic_store_n(&word, word | std::uint64_t{1} << (sequence % 64), __ATOMIC_RELAXED);
    return true;
}

}  // namespace keyline::fastpath
