// What negotiation discovery says of a rule in quick mode (MS-IKEE 3.7.5; interpretation item 26).
#include <gtest/gtest.h>

#include <algorithm>

#include "simulation/pair.h"

namespace keyline::simulation {
namespace {

using policy::Negotiation;

bool sends_to_boundary(const Host& host) {
    const auto& outbound = host.datapath.outbound;
    return std::ranges::any_of(outbound, [](const auto& entry) { return entry.second.boundary; });
}

bool says_exchange_info(const std::string& message) {
    return message.find("Notify(exchange_info)") != std::string::npos;
}

TEST(DiscoveryTest, AnInitiatorsBoundaryIsToldInTheFirstMessage) {
    PairWishes wishes = both(Wishes{});
    wishes.a.negotiation = Negotiation::kRequest;
    Pair pair(wishes);
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_EQ(pair.sent_payloads().at(4), "#5* HAuth1, IDi, IDr, SA, Ni(qm), Notify(exchange_info)");
    EXPECT_FALSE(says_exchange_info(pair.sent_payloads().at(5)));
    EXPECT_TRUE(sends_to_boundary(pair.b));
    EXPECT_FALSE(sends_to_boundary(pair.a));
    pair.check_rest();
}

TEST(DiscoveryTest, ARespondersBoundaryIsToldInTheAnswer) {
    PairWishes wishes = both(Wishes{});
    wishes.b.negotiation = Negotiation::kRequest;
    Pair pair(wishes);
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_FALSE(says_exchange_info(pair.sent_payloads().at(4)));
    EXPECT_TRUE(says_exchange_info(pair.sent_payloads().at(5)));
    EXPECT_TRUE(sends_to_boundary(pair.a));
    EXPECT_FALSE(sends_to_boundary(pair.b));
    pair.check_rest();
}

TEST(DiscoveryTest, WithoutItNothingIsSaid) {
    PairWishes wishes = both(Wishes{});
    wishes.a.negotiation = Negotiation::kRequireInbound;
    Pair pair(wishes);
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_TRUE(std::ranges::none_of(pair.sent_payloads(), says_exchange_info));
    EXPECT_FALSE(sends_to_boundary(pair.b));
}

TEST(DiscoveryTest, GuaranteedEncryptionPassesOverSuitesThatOnlyAuthenticate) {
    const policy::EspSuite null{policy::Encryption::kNull, 0, policy::Integrity::kHmacSha1_96};
    PairWishes wishes = both(Wishes{.suites = {null, policy::EspSuite{}}});
    wishes.a.guarantee_encryption = true;
    Pair pair(wishes);
    pair.acquire_at_a();
    pair.world.run(5s);
    ASSERT_EQ(pair.b.datapath.outbound.size(), 1U);
    EXPECT_EQ(pair.b.datapath.outbound.begin()->second.suite, policy::EspSuite{});
}

TEST(DiscoveryTest, GuaranteedEncryptionWithoutASuiteForItIsRefused) {
    const policy::EspSuite null{policy::Encryption::kNull, 0, policy::Integrity::kHmacSha1_96};
    PairWishes wishes = both(Wishes{.suites = {null}});
    wishes.a.guarantee_encryption = true;
    Pair pair(wishes);
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_TRUE(pair.b.datapath.outbound.empty());
    EXPECT_EQ(pair.b.keyer->counters()[exchange::Reason::kNoQmProposal], 1U);
}

}  // namespace
}  // namespace keyline::simulation
