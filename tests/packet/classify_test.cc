// The kernel's lookup against policy::Lookup, which finds rules in a different way.
#include <gtest/gtest.h>

#include <memory>
#include <random>

#include "bpfmap/bpf_map.h"
#include "datapath/convert.h"
#include "packet/packet_fixture.h"
#include "policy/lookup.h"

namespace keyline::datapath {
namespace {

using Random = std::mt19937;

std::uint32_t pick(Random& random, std::uint32_t below) { return random() % below; }

IpAddress random_address(Random& random, Family family) {
    Bytes octets(family == Family::kIpv4 ? 4 : 16);
    // Few values, so that selectors overlap and packets hit them.
    for (std::uint8_t& octet : octets) {
        octet = static_cast<std::uint8_t>(pick(random, 4) * 64);
    }
    return *IpAddress::from_octets(octets);
}

policy::Selector random_selector(Random& random) {
    const Family family = pick(random, 2) == 0 ? Family::kIpv4 : Family::kIpv6;
    const auto prefix = [&] {
        const IpAddress address = random_address(random, family);
        const auto length = static_cast<std::uint8_t>(pick(random, address.bits() + 1));
        return Prefix{address.masked(length), length};
    };
    policy::Selector selector{.local = prefix(), .remote = prefix()};
    if (pick(random, 3) == 0) {
        selector.protocol = 17;
    }
    if (selector.protocol != 0 && pick(random, 2) == 0) {
        selector.remote_port = 5000;
    }
    if (selector.protocol != 0 && pick(random, 4) == 0) {
        selector.local_port = 4000;
    }
    return selector;
}

policy::Policy random_policy(Random& random, std::uint32_t rules) {
    policy::Policy policy;
    for (std::uint32_t id = 1; id <= rules; ++id) {
        policy::Rule rule;
        rule.id = id;
        rule.name = std::to_string(id);
        rule.action = policy::RuleAction::kBypass;
        for (std::uint32_t i = 0; i <= pick(random, 3); ++i) {
            rule.selectors.push_back(random_selector(random));
        }
        policy.rules.push_back(std::move(rule));
    }
    return policy;
}

// More than KL_MAX_MASKS kinds of selectors per family, so that search masks have to be merged.
TEST_F(PacketTest, TheKernelFindsTheRuleThatPolicyFinds) {
    Random random(1);
    int covered = 0;
    const auto flows = bpfmap::Map::open_pinned(options().pin_root + "/packet/kl_flows");
    ASSERT_TRUE(flows);
    for (const std::uint32_t rules : {1U, 20U, 500U}) {
        const auto policy = std::make_shared<const policy::Policy>(random_policy(random, rules));
        const policy::Lookup lookup(policy);
        ASSERT_TRUE(datapath().apply(*policy));
        for (int i = 0; i < 1000; ++i) {
            const Family family = i % 2 == 0 ? Family::kIpv4 : Family::kIpv6;
            const policy::PacketTuple packet{.local = random_address(random, family),
                                             .remote = random_address(random, family),
                                             .protocol = 17,
                                             .local_port = 4000,
                                             .remote_port = 5000};
            run(Program::kEgress, udp_frame(packet.local.to_string(), packet.remote.to_string()));
            const auto expected = lookup.find(packet);
            covered += expected ? 1 : 0;
            const auto flow = flows->lookup<kl_flow>(kl_flow_key{.tuple = to_kl(packet), .user = 0});
            ASSERT_TRUE(flow) << packet.to_string();
            ASSERT_EQ(flow->rule, expected ? expected->rule->id : 0) << packet.to_string();
        }
    }
    EXPECT_GT(covered, 500);
}

}  // namespace
}  // namespace keyline::datapath
