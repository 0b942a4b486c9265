#include "cli/probe_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "unit/daemon/temporary_directory.h"

namespace keyline::cli {
namespace {

const IpAddress kLocal = *IpAddress::parse("10.0.0.1");
const IpAddress kPeer = *IpAddress::parse("10.0.0.2");

ProbePlan plan_or_fail(const ProbeOptions& options) {
    auto plan = plan_probe(options, kLocal);
    EXPECT_TRUE(plan) << plan.error();
    return plan ? std::move(*plan) : ProbePlan{};
}

TEST(ProbePolicy, WithoutAConfigurationProtectsTheHostPair) {
    const ProbePlan plan = plan_or_fail({.peer = kPeer, .auth = {policy::AuthMethod::kAnonymous}});
    ASSERT_EQ(plan.policy.rules.size(), 1u);
    const policy::Rule& rule = plan.policy.rules.front();
    EXPECT_EQ(rule.action, policy::RuleAction::kProtect);
    EXPECT_TRUE(rule.selectors.front().matches(plan.packet));
    EXPECT_EQ(plan.packet.local, kLocal);
    EXPECT_EQ(plan.packet.remote, kPeer);
    EXPECT_EQ(plan.policy.main_modes.front().auth, std::vector{policy::AuthMethod::kAnonymous});
    EXPECT_TRUE(plan.policy.auth.anonymous);
    EXPECT_FALSE(plan.policy.auth.kerberos);
}

TEST(ProbePolicy, OptionsMakeCredentialsOfEveryMethod) {
    const ProbePlan plan = plan_or_fail({.peer = kPeer,
                                         .auth = {policy::AuthMethod::kTls, policy::AuthMethod::kNtlm},
                                         .certificate = "/a.pem",
                                         .key = "/a.key",
                                         .ca = "/ca.pem",
                                         .crl = "/crl.pem",
                                         .ntlm_account = "EXAMPLE\\alice",
                                         .password = "/password",
                                         .peer_name = "b.example.com"});
    EXPECT_EQ(
        plan.policy.auth.tls,
        (policy::TlsAuth{
            .certificates = {{"/a.pem", "/a.key"}}, .ca = {"/ca.pem"}, .crl = {"/crl.pem"}, .mutual = true}));
    EXPECT_EQ(
        plan.policy.auth.ntlm,
        (policy::NtlmAuth{.user = "alice", .domain = "EXAMPLE", .password = "/password", .accounts = ""}));
    EXPECT_EQ(plan.policy.peers.front().tls_name, "b.example.com");
    EXPECT_EQ(plan.policy.peers.front().principal, "");
}

TEST(ProbePolicy, OptionsDecideEverything) {
    const ProbePlan plan = plan_or_fail({.peer = kPeer,
                                         .peer_port = 1500,
                                         .auth = {policy::AuthMethod::kKerberos},
                                         .principal = "host/a@X",
                                         .keytab = "/k",
                                         .ccache = "FILE:/c",
                                         .peer_name = "host/b@X",
                                         .mm_proposals = {*policy::MmProposal::parse("aes-cbc-128/sha1")},
                                         .dh_group = policy::DhGroup::kEcp256,
                                         .qm_suites = {*policy::EspSuite::parse("aes-gcm-16-128")},
                                         .pfs_group = policy::DhGroup::kEcp384,
                                         .mode = policy::Mode::kTunnel,
                                         .selector_local = Prefix::parse("10.1.0.0/16"),
                                         .selector_remote = Prefix::parse("10.2.0.0/16")});
    EXPECT_EQ(plan.policy.host.port, 1500);
    EXPECT_EQ(plan.policy.auth.kerberos->principal, "host/a@X");
    EXPECT_EQ(plan.policy.auth.kerberos->keytab, "/k");
    EXPECT_EQ(plan.policy.auth.kerberos->ccache, "FILE:/c");
    EXPECT_EQ(plan.policy.peers.front().principal, "host/b@X");
    EXPECT_EQ(plan.policy.main_modes.front().proposals.front().to_string(), "aes-cbc-128/sha1");
    EXPECT_EQ(plan.policy.main_modes.front().dh_groups, std::vector{policy::DhGroup::kEcp256});
    const policy::Rule& rule = plan.policy.rules.front();
    EXPECT_EQ(plan.policy.quick_mode_of(rule).suites.front().to_string(), "aes-gcm-16-128");
    EXPECT_EQ(plan.policy.quick_mode_of(rule).pfs_group, policy::DhGroup::kEcp384);
    EXPECT_EQ(rule.mode, policy::Mode::kTunnel);
    EXPECT_EQ(rule.tunnel->remote, kPeer);
    EXPECT_TRUE(rule.selectors.front().matches(plan.packet));
}

TEST(ProbePolicy, TheConfigurationsRuleForThePeerIsTaken) {
    TemporaryDirectory directory;
    const auto config = directory.path() / "keyline.toml";
    std::ofstream(config) << R"([auth.anonymous]
[main_mode]
auth = ["anonymous"]
[[rule]]
name = "elsewhere"
local = "10.0.0.1"
remote = "10.9.0.0/16"
action = "protect"
[[rule]]
name = "lab"
local = "10.0.0.1"
remote = "10.0.0.0/24"
action = "protect"
)";
    const ProbePlan plan = plan_or_fail({.peer = kPeer, .config = config});
    EXPECT_EQ(plan.policy.rules.front().name, "lab");
    EXPECT_EQ(plan.packet.remote, kPeer);

    const auto none = plan_probe({.peer = *IpAddress::parse("10.8.0.1"), .config = config}, kLocal);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error(), config.string() +
                                ": no protect rule covers 10.0.0.1 -> 10.8.0.1; add one, or probe with "
                                "--no-config and options");
}

TEST(ProbePolicy, ContradictionsAreOneClearLine) {
    EXPECT_EQ(plan_probe({.peer = *IpAddress::parse("2001:db8::1")}, kLocal).error(),
              "--local 10.0.0.1 and the peer 2001:db8::1 are of different address families");
    EXPECT_EQ(plan_probe({.peer = kPeer, .selector_local = Prefix::parse("2001:db8::/32")}, kLocal).error(),
              "--selector-local and --selector-remote are of different address families");
    EXPECT_THAT(plan_probe({.peer = kPeer, .selector_remote = Prefix::parse("10.9.0.0/16")}, kLocal).error(),
                testing::HasSubstr("use --mode tunnel"));
    EXPECT_THAT(plan_probe({.peer = kPeer, .config = "/no/such.toml"}, kLocal).error(),
                testing::HasSubstr("/no/such.toml"));
}

}  // namespace
}  // namespace keyline::cli
