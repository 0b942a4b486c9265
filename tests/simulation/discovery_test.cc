// What negotiation discovery says of a rule in quick mode (MS-IKEE 3.7.5; interpretation item 26).
#include <gtest/gtest.h>

#include <algorithm>

#include "authip/exchange_info.h"
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

// MS-AIPS 3.4.5.1: the precondition. An IKEv1 peer or an old one has no use for it.
TEST(DiscoveryTest, APeerThatDoesNotKnowOfItIsNotTold) {
    std::vector<wire::Payload> payloads;
    exchange::MmSa sa;
    authip::append_exchange_info(payloads, sa, wire::kExchangeInfoNdBoundary);
    EXPECT_TRUE(payloads.empty());
    sa.peer_announced.negotiation_discovery = true;
    authip::append_exchange_info(payloads, sa, wire::kExchangeInfoNdBoundary);
    EXPECT_EQ(payloads.size(), 1U);
}

// What NOTIFY_ACQUIRE asks for stands in the #5 that it leads to.
TEST(DiscoveryTest, ARespondersGuaranteeIsCarriedIntoTheQuickModeItAsksFor) {
    const policy::EspSuite null{policy::Encryption::kNull, 0, policy::Integrity::kHmacSha1_96};
    PairWishes wishes = both(Wishes{.suites = {null, policy::EspSuite{}}, .per_port = true});
    wishes.b.guarantee_encryption = true;
    Pair pair(wishes);
    pair.acquire_at_a(80);
    pair.world.run(5s);
    ASSERT_EQ(pair.a.datapath.outbound.size(), 1U);
    EXPECT_EQ(pair.a.datapath.outbound.begin()->second.suite, null);
    EXPECT_TRUE(std::ranges::none_of(pair.sent_payloads(), says_exchange_info));
    pair.acquire_at_b(443);
    pair.world.run(5s);
    EXPECT_EQ(std::ranges::count_if(pair.sent_payloads(), says_exchange_info), 1);
    EXPECT_EQ(
        std::ranges::count_if(pair.a.datapath.outbound,
                              [](const auto& entry) { return entry.second.suite == policy::EspSuite{}; }),
        1);
    pair.check_rest();
}

TEST(DiscoveryTest, AGuaranteeThatPolicyCannotGiveFailsTheQuickModeAlone) {
    const policy::EspSuite null{policy::Encryption::kNull, 0, policy::Integrity::kHmacSha1_96};
    PairWishes wishes = both(Wishes{.suites = {null}, .per_port = true});
    wishes.b.guarantee_encryption = true;
    Pair pair(wishes);
    pair.acquire_at_a(80);
    pair.world.run(5s);
    pair.acquire_at_b(443);
    pair.world.run(100s);
    EXPECT_EQ(pair.a.datapath.outbound.size(), 1U);
    pair.check_rest();
}

}  // namespace
}  // namespace keyline::simulation
