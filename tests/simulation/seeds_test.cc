// Seeded negotiations of AuthIP and of IKEv1: 10,000 of each in the release build, fewer under the
// sanitizers, which are twenty times slower. KEYLINE_SEED=n replays one and prints what happens in it,
// KEYLINE_SEEDS=n runs another number of them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "simulation/scenario.h"

namespace keyline::simulation {
namespace {

using policy::Protocol;

std::uint64_t number(const char* variable, std::uint64_t otherwise) {
    const char* text = std::getenv(variable);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 0);
}

std::string program() {
    return testing::internal::GetArgvs().empty() ? "seeds_test" : testing::internal::GetArgvs().front();
}

bool check(std::uint64_t seed, Protocol protocol, bool trace = false) {
    const Outcome outcome = play(seed, protocol, trace);
    for (const std::string& violation : outcome.violations) {
        ADD_FAILURE() << "seed " << seed << " (" << outcome.story << "): " << violation
                      << "\nreplay with: KEYLINE_SEED=" << seed << " " << program() << " --gtest_filter=*"
                      << (protocol == Protocol::kIkev1 ? "Ikev1*" : "Authip*");
    }
    return outcome.negotiated;
}

void check_all(Protocol protocol) {
    const std::uint64_t only = number("KEYLINE_SEED", 0);
    if (only != 0) {
        check(only, protocol, true);
        return;
    }
    const std::uint64_t count = number("KEYLINE_SEEDS", KEYLINE_DEFAULT_SEEDS);
    std::uint64_t negotiated = 0;
    for (std::uint64_t seed = 1; seed <= count && !testing::Test::HasFailure(); ++seed)
        negotiated += check(seed, protocol) ? 1 : 0;
    // A simulation in which little succeeds would prove little.
    if (testing::Test::HasFailure()) return;
    EXPECT_GT(negotiated, count / 2);
}

TEST(SeedsTest, AuthipHostsAgreeOrBothKnowThatTheyFailed) { check_all(Protocol::kAuthip); }

TEST(SeedsTest, Ikev1HostsAgreeOrBothKnowThatTheyFailed) { check_all(Protocol::kIkev1); }

}  // namespace
}  // namespace keyline::simulation
