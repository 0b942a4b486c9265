#include "datapath/rule_order.h"

#include <gtest/gtest.h>

#include <array>

#include "shared/user_mark.h"

namespace keyline::datapath {
namespace {

policy::Selector selector(const char* local, const char* remote, std::uint8_t protocol = 0,
                          std::uint16_t remote_port = 0) {
    return {.local = *Prefix::parse(local),
            .remote = *Prefix::parse(remote),
            .protocol = protocol,
            .local_port = 0,
            .remote_port = remote_port};
}

policy::Rule rule(std::uint32_t id, policy::RuleAction action, policy::Selector covers,
                  policy::Engine engine = policy::Engine::kKernel) {
    policy::Rule rule;
    rule.id = id;
    rule.action = action;
    rule.engine = engine;
    rule.selectors = {covers};
    return rule;
}

policy::SadEntry sa(std::uint32_t rule, policy::Selector covers) {
    policy::SadEntry entry;
    entry.rule = rule;
    entry.selector = covers;
    return entry;
}

// Exemptions of our own IKE ports come first.
constexpr std::size_t kIke = 2;

class RuleOrderTest : public testing::Test {
  protected:
    static policy::Policy policy() {
        policy::Policy policy;
        policy.rules = {
            rule(4, policy::RuleAction::kBypass, selector("10.0.0.0/8", "10.1.0.0/16", 6, 22)),
            rule(2, policy::RuleAction::kBlock, selector("10.0.0.0/8", "10.2.0.0/16")),
            rule(7, policy::RuleAction::kProtect, selector("10.0.0.0/8", "10.0.0.0/8")),
            rule(1, policy::RuleAction::kBypass, selector("10.0.0.0/8", "10.0.0.0/8")),
        };
        return policy;
    }
    const RuleOrder order_{policy(), 1000};
};

TEST_F(RuleOrderTest, WhatEarlierRulesCoverIsExempt) {
    const auto exemptions = order_.exemptions_for(sa(7, selector("10.0.0.1/32", "10.1.0.1/32")));
    ASSERT_EQ(kIke + 1, exemptions.size());
    EXPECT_EQ(selector("10.0.0.0/8", "10.1.0.0/16", 6, 22), exemptions[kIke].selector);
    EXPECT_FALSE(exemptions[kIke].wanted);
    EXPECT_LT(exemptions[kIke].priority, order_.priority_of(sa(7, selector("10.0.0.1/32", "10.1.0.1/32"))));
}

TEST_F(RuleOrderTest, OurOwnIkeIsNeverSealed) {
    policy::SadEntry entry = sa(7, selector("10.0.0.1/32", "10.1.0.1/32"));
    entry.local = *IpAddress::parse("10.0.0.1");
    entry.remote = *IpAddress::parse("10.1.0.1");
    const auto exemptions = order_.exemptions_for(entry);
    ASSERT_LE(kIke, exemptions.size());
    EXPECT_EQ(500, exemptions[0].selector.local_port);
    EXPECT_EQ(4500, exemptions[1].selector.local_port);
    for (std::size_t i = 0; i < kIke; ++i) {
        EXPECT_EQ(17, exemptions[i].selector.protocol);
        EXPECT_EQ(Prefix::host(entry.remote), exemptions[i].selector.remote);
        EXPECT_FALSE(exemptions[i].wanted);
        EXPECT_LT(exemptions[i].priority, order_.priority_of(entry));
    }
}

// What this host answers by a socket of many peers has no mark: TC decides about it.
TEST_F(RuleOrderTest, UnmarkedDatagramsAreExemptFromTheSaOfAPeersUser) {
    policy::SadEntry entry = sa(7, selector("10.0.0.1/32", "10.3.0.1/32"));
    entry.impersonation_handle = KL_PEER_USERS;
    const auto exemptions = order_.exemptions_for(entry);
    ASSERT_EQ(kIke + 3, exemptions.size());
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(selector("10.0.0.1/32", "10.3.0.1/32", std::array<std::uint8_t, 3>{17, 132, 136}[i]),
                  exemptions[kIke + i].selector);
    }
    EXPECT_EQ((XfrmMark{.value = 0, .mask = KL_MARK_MASK}), exemptions[kIke].mark);
    EXPECT_LT(exemptions[kIke].priority,
              order_.priority_of(sa(7, selector("10.0.0.1/32", "10.3.0.1/32", 17, 53))));
    entry.selector.protocol = 6;
    EXPECT_EQ(kIke, order_.exemptions_for(entry).size());
}

// There every socket that may be sealed for has a mark.
TEST(RuleOrderOfUsers, ARuleThatAsksForUsersNeedsNoExemption) {
    policy::Policy policy;
    policy.rules = {rule(7, policy::RuleAction::kProtect, selector("10.0.0.0/8", "10.0.0.0/8"))};
    policy.rules[0].per_user = true;
    const RuleOrder order(policy, 1000);
    policy::SadEntry entry = sa(7, selector("10.0.0.1/32", "10.3.0.1/32"));
    entry.impersonation_handle = 1000;
    EXPECT_EQ(kIke, order.exemptions_for(entry).size());
    EXPECT_TRUE(order.is_per_user(7));
    EXPECT_FALSE(order.is_per_user(8));
}

TEST_F(RuleOrderTest, WhatDoesNotOverlapIsNot) {
    EXPECT_EQ(kIke, order_.exemptions_for(sa(7, selector("10.0.0.1/32", "10.3.0.1/32"))).size());
    EXPECT_EQ(kIke, order_.exemptions_for(sa(7, selector("10.0.0.1/32", "10.1.0.1/32", 17))).size());
    EXPECT_EQ(kIke, order_.exemptions_for(sa(7, selector("10.0.0.1/32", "10.1.0.1/32", 6, 80))).size());
}

TEST_F(RuleOrderTest, NarrowerSasOfARuleComeFirst) {
    EXPECT_LT(order_.priority_of(sa(7, selector("10.0.0.1/32", "10.1.0.1/32", 6, 80))),
              order_.priority_of(sa(7, selector("10.0.0.1/32", "10.1.0.1/32"))));
    EXPECT_LT(order_.priority_of(sa(7, selector("10.0.0.1/32", "10.1.0.1/32"))),
              order_.priority_of(sa(7, selector("10.0.0.0/8", "10.0.0.0/8"))));
}

TEST_F(RuleOrderTest, WhatRawSocketsSendComesLastInItsRule) {
    const policy::SadEntry narrow = sa(7, selector("10.0.0.1/32", "10.1.0.1/32", 6, 80));
    EXPECT_GT(order_.raw_priority_of(narrow),
              order_.priority_of(sa(7, selector("10.0.0.0/8", "10.0.0.0/8"))));
    EXPECT_LT(order_.raw_priority_of(narrow),
              order_.priority_of(sa(1, selector("10.0.0.0/8", "10.0.0.0/8"))));
}

TEST_F(RuleOrderTest, SasOfARuleThatHasGoneComeLast) {
    const policy::SadEntry orphan = sa(99, selector("10.0.0.1/32", "10.1.0.1/32"));
    EXPECT_GT(order_.priority_of(orphan), order_.priority_of(sa(7, orphan.selector)));
    EXPECT_EQ(kIke + 2, order_.exemptions_for(orphan).size());
}

}  // namespace
}  // namespace keyline::datapath
