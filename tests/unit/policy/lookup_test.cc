#include "policy/lookup.h"

#include <random>

#include "unit/policy/text.h"

namespace keyline::policy {
namespace {

constexpr std::uint8_t kTcp = 6, kUdp = 17, kIcmp = 1;

Lookup lookup_of(std::string_view rules) {
    return Lookup(std::make_shared<const Policy>(policy_of(std::string(kKerberos).append(rules))));
}

std::string rule_for(const Lookup& lookup, const PacketTuple& packet) {
    const auto match = lookup.find(packet);
    return match ? match->rule->name : "none";
}

PacketTuple tcp(std::string_view local, std::string_view remote, std::uint16_t local_port,
                std::uint16_t remote_port) {
    return {address(local), address(remote), kTcp, local_port, remote_port};
}

constexpr std::string_view kRules = R"(
[[rule]]
name = "ping"
remote = "any"
protocol = ["icmp", "icmpv6"]
action = "bypass"
[[rule]]
name = "telnet"
remote = "10.0.0.0/8"
protocol = "tcp"
remote_port = 23
action = "block"
[[rule]]
name = "hosts"
remote = ["10.0.0.0/8", "2001:db8::/32"]
[[rule]]
name = "site"
local = "192.168.0.0/16"
remote = ["172.16.0.0/12", "10.0.0.0/7"]
mode = "tunnel"
tunnel_local = "192.0.2.1"
tunnel_remote = "198.51.100.1"
)";

TEST(LookupTest, TheFirstRuleThatCoversThePacketDecides) {
    const Lookup lookup = lookup_of(kRules);
    EXPECT_EQ(rule_for(lookup, {address("192.168.0.1"), address("10.0.0.1"), kIcmp, 8 << 8, 0}), "ping");
    EXPECT_EQ(rule_for(lookup, tcp("192.168.0.1", "10.0.0.1", 5000, 23)), "telnet");
    EXPECT_EQ(rule_for(lookup, tcp("192.168.0.1", "10.0.0.1", 5000, 22)), "hosts");
    EXPECT_EQ(rule_for(lookup, tcp("192.168.0.1", "11.0.0.1", 5000, 22)), "site");
    EXPECT_EQ(rule_for(lookup, tcp("192.0.2.9", "11.0.0.1", 5000, 22)), "none");
    EXPECT_EQ(rule_for(lookup, tcp("2001:db8::1", "2001:db8::2", 5000, 23)), "hosts");
}

TEST(LookupTest, AProposalIsAnsweredByTheFirstRuleThatContainsAllOfIt) {
    const Lookup lookup = lookup_of(kRules);
    // A rule that covers only part of it (ping, telnet) does not stand against it.
    const auto hosts = lookup.find_containing({prefix("10.0.0.1"), prefix("10.0.0.2"), 0, 0, 0});
    ASSERT_TRUE(hosts);
    EXPECT_EQ(hosts->rule->name, "hosts");
    EXPECT_EQ(hosts->selector->remote, prefix("10.0.0.0/8"));
    const auto telnet = lookup.find_containing({prefix("10.0.0.1"), prefix("10.0.0.2"), kTcp, 0, 23});
    ASSERT_TRUE(telnet);
    EXPECT_EQ(telnet->rule->action, RuleAction::kBlock);
    EXPECT_EQ(lookup.find_containing({prefix("192.168.0.0/16"), prefix("10.0.0.0/7"), 0, 0, 0})->rule->name,
              "site");
    EXPECT_FALSE(lookup.find_containing({prefix("192.168.0.0/16"), prefix("0.0.0.0/0"), 0, 0, 0}));
    EXPECT_FALSE(lookup.find_containing({prefix("::/0"), prefix("2001:db8::/31"), 0, 0, 0}));
}

TEST(LookupTest, FindsRulesById) {
    const Lookup lookup = lookup_of(kRules);
    for (const Rule& rule : lookup.policy().rules)
        EXPECT_EQ(lookup.rule(rule.id), &rule);
    EXPECT_EQ(lookup.rule(0), nullptr);
}

TEST(LookupTest, TransportModeKeysHostPairs) {
    const Lookup lookup = lookup_of(kRules);
    const PacketTuple packet = tcp("192.168.0.1", "10.0.0.1", 5000, 22);
    const SpdMatch match = lookup.find(packet).value();
    EXPECT_EQ(sa_selector(*match.rule, *match.selector, packet).to_string(), "192.168.0.1/32 -> 10.0.0.1/32");
    EXPECT_EQ(sa_endpoints(*match.rule, packet).local, packet.local);
    EXPECT_EQ(sa_endpoints(*match.rule, packet).remote, packet.remote);
}

TEST(LookupTest, TunnelModeKeysTheRulesSelector) {
    const Lookup lookup = lookup_of(kRules);
    const PacketTuple packet = tcp("192.168.0.1", "11.0.0.1", 5000, 22);
    const SpdMatch match = lookup.find(packet).value();
    EXPECT_EQ(sa_selector(*match.rule, *match.selector, packet).to_string(), "192.168.0.0/16 -> 10.0.0.0/7");
    EXPECT_EQ(sa_endpoints(*match.rule, packet).local, address("192.0.2.1"));
    EXPECT_EQ(sa_endpoints(*match.rule, packet).remote, address("198.51.100.1"));
}

TEST(LookupTest, PopulatesWhatTheRuleAsksFor) {
    const Lookup lookup = lookup_of(R"(
[[rule]]
remote = "10.0.0.0/8"
populate_from_packet = ["local", "remote", "protocol", "remote_port"]
)");
    const PacketTuple web = tcp("192.168.0.1", "10.0.0.1", 5000, 443);
    const SpdMatch match = lookup.find(web).value();
    EXPECT_EQ(sa_selector(*match.rule, *match.selector, web).to_string(),
              "192.168.0.1/32 -> 10.0.0.1/32 tcp remote-port 443");
    const PacketTuple ping{address("192.168.0.1"), address("10.0.0.1"), kIcmp, 8 << 8, 0};
    EXPECT_EQ(sa_selector(*match.rule, *match.selector, ping).to_string(),
              "192.168.0.1/32 -> 10.0.0.1/32 icmp");
}

TEST(LookupTest, ThePadAnswersByAddress) {
    const Lookup lookup = lookup_of(R"(
[main_mode.old]
proposals = ["aes-cbc-128/sha1"]
[[peer]]
name = "files"
address = ["10.0.0.7", "2001:db8::7"]
principal = "host/files.example.com@EXAMPLE.COM"
[[peer]]
name = "old"
address = "10.0.0.0/24"
main_mode = "old"
)");
    EXPECT_EQ(lookup.peer(address("10.0.0.7"))->name, "files");
    EXPECT_EQ(lookup.peer(address("2001:db8::7"))->name, "files");
    EXPECT_EQ(lookup.peer(address("10.0.0.8"))->name, "old");
    EXPECT_EQ(lookup.peer(address("10.0.1.8")), nullptr);
    EXPECT_EQ(lookup.main_mode(address("10.0.0.7")).name, "default");
    EXPECT_EQ(lookup.main_mode(address("10.0.0.8")).name, "old");
    EXPECT_EQ(lookup.main_mode(address("10.0.1.8")).name, "default");
}

// Small ranges, so that random selectors overlap.
class RandomPolicy {
  public:
    explicit RandomPolicy(unsigned seed) : random_(seed) {}

    Selector selector() {
        const bool v4 = pick(2) == 0;
        const std::uint8_t protocol = pick(2) ? 0 : pick(2) ? kTcp : kUdp;
        return {side(v4), side(v4), protocol, protocol ? port() : std::uint16_t{0},
                protocol ? port() : std::uint16_t{0}};
    }
    PacketTuple packet() {
        const bool v4 = pick(2) == 0;
        return {host(v4), host(v4), pick(2) ? kTcp : kUdp, static_cast<std::uint16_t>(1 + pick(3)),
                static_cast<std::uint16_t>(1 + pick(3))};
    }

  private:
    unsigned pick(unsigned count) { return static_cast<unsigned>(random_() % count); }
    std::uint16_t port() { return static_cast<std::uint16_t>(pick(4)); }
    IpAddress host(bool v4) {
        const std::string last = std::to_string(pick(4));
        return v4 ? address("10.0." + std::to_string(pick(2)) + '.' + last) : address("2001:db8::" + last);
    }
    Prefix side(bool v4) {
        constexpr std::uint8_t kLengths[][2] = {{0, 0}, {16, 64}, {24, 125}, {31, 127}, {32, 128}};
        const std::uint8_t length = kLengths[pick(5)][v4 ? 0 : 1];
        return {host(v4).masked(length), length};
    }

    std::mt19937 random_;
};

TEST(LookupTest, AgreesWithALinearSearch) {
    for (unsigned seed = 0; seed < 200; ++seed) {
        SCOPED_TRACE(seed);
        RandomPolicy random(seed);
        auto policy = std::make_shared<Policy>();
        for (std::uint32_t id = 1; id <= 40; ++id) {
            Rule rule;
            rule.id = id;
            rule.selectors = {random.selector(), random.selector()};
            policy->rules.push_back(rule);
        }
        const Lookup lookup(policy);
        const auto first = [&](const Selector& narrower) -> const Selector* {
            for (const Rule& rule : policy->rules) {
                for (const Selector& selector : rule.selectors) {
                    if (selector.contains(narrower)) return &selector;
                }
            }
            return nullptr;
        };
        for (int i = 0; i < 100; ++i) {
            const PacketTuple packet = random.packet();
            const auto match = lookup.find(packet);
            EXPECT_EQ(match ? match->selector : nullptr, first(Selector::of(packet))) << packet.to_string();
            const Selector proposed = random.selector();
            const auto answer = lookup.find_containing(proposed);
            EXPECT_EQ(answer ? answer->selector : nullptr, first(proposed)) << proposed.to_string();
        }
    }
}

}  // namespace
}  // namespace keyline::policy
