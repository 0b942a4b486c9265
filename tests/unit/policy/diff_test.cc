#include "policy/diff.h"

#include "unit/policy/text.h"

namespace keyline::policy {
namespace {

constexpr std::string_view kBase = R"(
[host]
unprotected = ["eth0"]
[auth.kerberos]
principal = "host/a.example.com@EXAMPLE.COM"
[quick_mode.bulk]
suites = "aes-gcm-16-128"
[[peer]]
name = "files"
address = "10.0.0.7"
[[rule]]
name = "ping"
remote = "any"
protocol = "icmp"
action = "bypass"
[[rule]]
name = "servers"
remote = "10.0.0.0/8"
quick_mode = "bulk"
)";

// The base with the first `from` replaced by `to`.
std::string edited(std::string_view from, std::string_view to) {
    std::string text(kBase);
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

PolicyDiff diff_after(std::string_view from, std::string_view to) {
    const Policy running = policy_of(kBase);
    return diff(running, policy_of(edited(from, to), &running));
}

TEST(DiffTest, SameFileIsNoChange) {
    const PolicyDiff none = diff_after("[host]", "[host]");
    EXPECT_TRUE(none.empty());
    EXPECT_FALSE(none.needs_revalidation());
    EXPECT_EQ(none.to_string(), "no change");
}

TEST(DiffTest, AddedAndRemovedRules) {
    const PolicyDiff change = diff_after("name = \"ping\"", "name = \"echo\"");
    EXPECT_EQ(change.rules.added, std::vector<std::string>{"echo"});
    EXPECT_EQ(change.rules.removed, std::vector<std::string>{"ping"});
    EXPECT_TRUE(change.rules.changed.empty());
    EXPECT_TRUE(change.needs_revalidation());
    EXPECT_EQ(change.to_string(), "rules: 1 added (echo), 1 removed (ping)");
}

TEST(DiffTest, AChangedRuleKeepsItsId) {
    const Policy running = policy_of(kBase);
    const Policy next = policy_of(edited("10.0.0.0/8", "10.0.0.0/9"), &running);
    EXPECT_EQ(diff(running, next).rules.changed, std::vector<std::string>{"servers"});
    EXPECT_EQ(next.rules[1].id, running.rules[1].id);
}

TEST(DiffTest, ARuleChangesWithItsQuickMode) {
    EXPECT_EQ(diff_after("aes-gcm-16-128", "aes-gcm-16-256").to_string(), "rules: 1 changed (servers)");
}

TEST(DiffTest, AnotherPlaceOfTheQuickModeIsNoChange) {
    EXPECT_TRUE(diff_after("[quick_mode.bulk]", "[quick_mode.another]\n[quick_mode.bulk]").empty());
}

TEST(DiffTest, ReorderedRules) {
    Policy running = policy_of(kBase);
    Policy next = running;
    std::swap(next.rules[0], next.rules[1]);
    const PolicyDiff change = diff(running, next);
    EXPECT_TRUE(change.rules.empty());
    EXPECT_TRUE(change.rules_reordered);
    EXPECT_TRUE(change.needs_revalidation());
    EXPECT_EQ(change.to_string(), "rules reordered");
}

TEST(DiffTest, Interfaces) {
    const PolicyDiff change = diff_after("unprotected = [\"eth0\"]", "protected = [\"eth0\", \"eth1\"]");
    EXPECT_EQ(change.interfaces_to_attach, (std::vector<Interface>{{"eth0", InterfaceRole::kProtected},
                                                                   {"eth1", InterfaceRole::kProtected}}));
    EXPECT_EQ(change.interfaces_to_detach, (std::vector<Interface>{{"eth0", InterfaceRole::kUnprotected}}));
    EXPECT_FALSE(change.needs_revalidation());
    EXPECT_EQ(change.to_string(), "attach eth0 (protected), eth1 (protected); detach eth0 (unprotected)");
}

TEST(DiffTest, PeersAndMainModes) {
    EXPECT_EQ(diff_after("10.0.0.7", "10.0.0.8").to_string(), "peers: 1 changed (files)");
    const PolicyDiff change =
        diff_after("[quick_mode.bulk]", "[main_mode]\nlifetime = \"1h\"\n[quick_mode.bulk]");
    EXPECT_TRUE(change.main_modes);
    EXPECT_EQ(change.peers.changed, std::vector<std::string>{"files"});
    EXPECT_TRUE(change.needs_revalidation());
}

TEST(DiffTest, SettingsThatApplyAtOnce) {
    EXPECT_EQ(diff_after("[host]", "[keying]\nretransmit_limit = 5\n[host]").to_string(),
              "timers or limits changed");
    EXPECT_EQ(diff_after("[host]", "[datapath]\nhold = false\n[host]").to_string(),
              "datapath settings changed");
    EXPECT_EQ(diff_after("[host]", "[host]\ndefault_action = \"block\"").to_string(),
              "default action changed");
    EXPECT_EQ(diff_after("host/a", "host/b").to_string(), "credentials changed");
}

TEST(DiffTest, SettingsThatNeedARestart) {
    const PolicyDiff change = diff_after("[host]", R"(
[debug]
key_export = "/run/keyline/keys"
[datapath]
max_sas = 100
max_flows = 2000
[host]
instance = "other"
listen = "10.0.0.1"
port = 501
nat_port = 4501
control_group = "adm")");
    EXPECT_EQ(change.needs_restart,
              (std::vector<std::string>{"host.instance", "host.listen", "host.port", "host.nat_port",
                                        "host.control_group", "datapath.max_sas", "datapath.max_flows",
                                        "debug.key_export"}));
    EXPECT_FALSE(change.needs_revalidation());
    EXPECT_FALSE(change.empty());
    EXPECT_EQ(
        change.to_string(),
        "restart keylined for host.instance, host.listen, host.port, host.nat_port, host.control_group, "
        "datapath.max_sas, datapath.max_flows, debug.key_export");
}

TEST(DiffTest, LongListsAreCut) {
    Policy running = policy_of(kBase);
    Policy next = running;
    for (int i = 0; i < 20; ++i) {
        next.rules.push_back(running.rules[0]);
        next.rules.back().name = "r" + std::to_string(i);
    }
    EXPECT_EQ(diff(running, next).to_string(),
              "rules: 20 added (r0, r1, r2, r3, r4, r5, r6, r7 and 12 more)");
}

}  // namespace
}  // namespace keyline::policy
