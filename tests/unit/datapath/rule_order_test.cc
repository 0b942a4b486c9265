#include "datapath/rule_order.h"

#include <gtest/gtest.h>

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
    const RuleOrder order_{policy()};
};

TEST_F(RuleOrderTest, WhatEarlierRulesCoverIsExempt) {
    const auto exemptions = order_.exemptions_for(sa(7, selector("10.0.0.1/32", "10.1.0.1/32")));
    ASSERT_EQ(1U, exemptions.size());
    EXPECT_EQ(selector("10.0.0.0/8", "10.1.0.0/16", 6, 22), exemptions[0].selector);
    EXPECT_FALSE(exemptions[0].wanted);
    EXPECT_LT(exemptions[0].priority, order_.priority_of(sa(7, selector("10.0.0.1/32", "10.1.0.1/32"))));
}

TEST_F(RuleOrderTest, WhatDoesNotOverlapIsNot) {
    EXPECT_TRUE(order_.exemptions_for(sa(7, selector("10.0.0.1/32", "10.3.0.1/32"))).empty());
    EXPECT_TRUE(order_.exemptions_for(sa(7, selector("10.0.0.1/32", "10.1.0.1/32", 17))).empty());
    EXPECT_TRUE(order_.exemptions_for(sa(7, selector("10.0.0.1/32", "10.1.0.1/32", 6, 80))).empty());
}

TEST_F(RuleOrderTest, NarrowerSasOfARuleComeFirst) {
    EXPECT_LT(order_.priority_of(sa(7, selector("10.0.0.1/32", "10.1.0.1/32", 6, 80))),
              order_.priority_of(sa(7, selector("10.0.0.1/32", "10.1.0.1/32"))));
    EXPECT_LT(order_.priority_of(sa(7, selector("10.0.0.1/32", "10.1.0.1/32"))),
              order_.priority_of(sa(7, selector("10.0.0.0/8", "10.0.0.0/8"))));
}

TEST_F(RuleOrderTest, SasOfARuleThatHasGoneComeLast) {
    const policy::SadEntry orphan = sa(99, selector("10.0.0.1/32", "10.1.0.1/32"));
    EXPECT_GT(order_.priority_of(orphan), order_.priority_of(sa(7, orphan.selector)));
    EXPECT_EQ(2U, order_.exemptions_for(orphan).size());
}

}  // namespace
}  // namespace keyline::datapath
