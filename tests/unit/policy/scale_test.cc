// 100,000 selectors load, and every one of them is found. Quadratic behaviour would take hours, not seconds.
#include <memory>

#include "policy/lookup.h"
#include "unit/policy/text.h"

namespace keyline::policy {
namespace {

constexpr unsigned kCount = 100'000;

std::string host_number(unsigned number) {
    return "10." + std::to_string(number >> 16) + '.' + std::to_string(number >> 8 & 255) + '.' +
           std::to_string(number & 255);
}

void expect_all_found(const Policy& policy) {
    const Lookup lookup(std::make_shared<const Policy>(policy));
    for (unsigned i = 0; i < kCount; ++i) {
        const PacketTuple packet{address("192.0.2.1"), address(host_number(i)), 17, 1000, 53};
        const auto match = lookup.find(packet);
        ASSERT_TRUE(match) << packet.to_string();
        ASSERT_EQ(match->selector->remote, Prefix::host(packet.remote));
    }
    EXPECT_FALSE(lookup.find({address("192.0.2.1"), address("11.0.0.0"), 17, 1000, 53}));
}

TEST(ScaleTest, OneRuleOfManySelectors) {
    std::string text(kKerberos);
    text += "[[rule]]\nname = \"all\"\nremote = [\n";
    for (unsigned i = 0; i < kCount; ++i)
        text += '"' + host_number(i) + "\",\n";
    text += "]\n";
    const Policy policy = policy_of(text);
    ASSERT_EQ(policy.rules.size(), 1U);
    ASSERT_EQ(policy.rules[0].selectors.size(), kCount);
    expect_all_found(policy);
}

TEST(ScaleTest, ManyRules) {
    constexpr unsigned kRules = 50'000;
    std::string text(kKerberos);
    for (unsigned i = 0; i < kRules; ++i) {
        text += "[[rule]]\nname = \"r" + std::to_string(i) + "\"\nremote = [\"" + host_number(2 * i) +
                "\", \"" + host_number(2 * i + 1) + "\"]\n";
    }
    const Policy policy = policy_of(text);
    ASSERT_EQ(policy.rules.size(), kRules);
    expect_all_found(policy);
}

}  // namespace
}  // namespace keyline::policy
