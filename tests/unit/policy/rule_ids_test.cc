#include "policy/rule_ids.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace keyline::policy {
namespace {

std::vector<Rule> rules_named(const std::vector<std::string>& names) {
    std::vector<Rule> rules(names.size());
    for (std::size_t i = 0; i < names.size(); ++i)
        rules[i].name = names[i];
    return rules;
}

std::uint32_t id_of(const std::vector<Rule>& rules, const std::string& name) {
    return std::ranges::find(rules, name, &Rule::name)->id;
}

TEST(RuleIdsTest, DoNotChangeFromOneStartToTheNext) {
    std::vector<Rule> rules = rules_named({"servers", "name-service"});
    assign_rule_ids(rules, nullptr);
    // Literal, because ids stand in maps that outlive the program.
    EXPECT_EQ(rules[0].id, 29849U);
    EXPECT_EQ(rules[1].id, 47704U);
}

TEST(RuleIdsTest, DoNotDependOnOtherRules) {
    std::vector<Rule> before = rules_named({"a", "b", "c"});
    assign_rule_ids(before, nullptr);
    std::vector<Rule> after = rules_named({"c", "new", "a"});
    assign_rule_ids(after, nullptr);
    EXPECT_EQ(id_of(after, "a"), id_of(before, "a"));
    EXPECT_EQ(id_of(after, "c"), id_of(before, "c"));
}

TEST(RuleIdsTest, AreUniqueAndInRangeUpToTheLastRule) {
    std::vector<std::string> names(kMaxRules);
    for (std::size_t i = 0; i < names.size(); ++i)
        names[i] = "rule-" + std::to_string(i + 1);
    std::vector<Rule> rules = rules_named(names);
    assign_rule_ids(rules, nullptr);
    std::set<std::uint32_t> ids;
    for (const Rule& rule : rules)
        ids.insert(rule.id);
    EXPECT_EQ(ids.size(), kMaxRules);
    EXPECT_EQ(*ids.begin(), 1U);
    EXPECT_EQ(*ids.rbegin(), kMaxRules);
}

TEST(RuleIdsTest, ReloadKeepsAnIdEvenWhereItsHashIsTaken) {
    Policy running;
    running.rules = rules_named({"a"});
    running.rules[0].id = 77;
    std::vector<Rule> next = rules_named({"b", "a"});
    assign_rule_ids(next, &running);
    EXPECT_EQ(id_of(next, "a"), 77U);
    EXPECT_NE(id_of(next, "b"), 77U);

    running.rules[0].id = id_of(next, "b");
    next = rules_named({"b", "a"});
    assign_rule_ids(next, &running);
    EXPECT_EQ(id_of(next, "a"), running.rules[0].id);
    EXPECT_EQ(id_of(next, "b"), running.rules[0].id + 1);
}

}  // namespace
}  // namespace keyline::policy
