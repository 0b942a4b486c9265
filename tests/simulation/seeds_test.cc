// Seeded negotiations: 10,000 in the release build, fewer under the sanitizers, which are twenty times
// slower. KEYLINE_SEED=n replays one and prints what happens in it, KEYLINE_SEEDS=n runs another number of
// them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "simulation/scenario.h"

namespace keyline::simulation {
namespace {

constexpr std::uint64_t kSeeds = KEYLINE_DEFAULT_SEEDS;

std::uint64_t number(const char* variable, std::uint64_t otherwise) {
    const char* text = std::getenv(variable);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 0);
}

std::string program() {
    return testing::internal::GetArgvs().empty() ? "seeds_test" : testing::internal::GetArgvs().front();
}

bool check(std::uint64_t seed, bool trace = false) {
    const Outcome outcome = play(seed, trace);
    for (const std::string& violation : outcome.violations) {
        ADD_FAILURE() << "seed " << seed << " (" << outcome.story << "): " << violation
                      << "\nreplay with: KEYLINE_SEED=" << seed << " " << program();
    }
    return outcome.negotiated;
}

TEST(SeedsTest, HostsAgreeOrBothKnowThatTheyFailed) {
    const std::uint64_t only = number("KEYLINE_SEED", 0);
    if (only != 0) {
        check(only, true);
        return;
    }
    const std::uint64_t count = number("KEYLINE_SEEDS", kSeeds);
    std::uint64_t negotiated = 0;
    for (std::uint64_t seed = 1; seed <= count && !HasFailure(); ++seed)
        negotiated += check(seed) ? 1 : 0;
    // A simulation in which little succeeds would prove little.
    if (HasFailure()) return;
    EXPECT_GT(negotiated, count / 2);
}

}  // namespace
}  // namespace keyline::simulation
