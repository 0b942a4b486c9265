// What the loader says of files that load and may not mean what they say.
#include "unit/policy/text.h"

namespace keyline::policy {
namespace {

TEST(ConfigWarningTest, WeakAlgorithms) {
    EXPECT_EQ(warnings_of(R"(
[main_mode]
proposals = ["des-cbc/sha1", "3des-cbc/md5", "3des-cbc/sha1"]
dh_groups = ["none", "modp768", "modp1024", "modp1536"]
[quick_mode]
suites = ["des-cbc/hmac-md5-96", "null/hmac-sha1-96"]
pfs_group = "modp1024"
)"),
              lines(R"(
test.toml:2:14: main_mode.proposals[1]: DES is weak: its keys are found in hours
test.toml:2:30: main_mode.proposals[2]: MD5 is weak: do without it if every peer can
test.toml:3:22: main_mode.dh_groups[2]: "modp768" is weak: well-funded attackers can break it
test.toml:3:33: main_mode.dh_groups[3]: "modp1024" is weak: well-funded attackers can break it
test.toml:3:45: main_mode.dh_groups[4]: "modp1536" is weak: well-funded attackers can break it
test.toml:5:11: quick_mode.suites[1]: DES is weak: its keys are found in hours
test.toml:5:11: quick_mode.suites[1]: MD5 is weak: do without it if every peer can
test.toml:6:13: quick_mode.pfs_group: "modp1024" is weak: well-funded attackers can break it)"));
}

TEST(ConfigWarningTest, KeysThatAreExported) {
    EXPECT_EQ(
        warnings_of("debug.key_export = \"/run/keyline/keys\""),
        R"(test.toml:1:20: debug.key_export: every key goes to "/run/keyline/keys": whoever reads that reads all traffic)");
}

TEST(ConfigWarningTest, RulesThatAreNeverReached) {
    EXPECT_EQ(
        warnings_of(R"(
[[rule]]
name = "tcp"
remote = "10.0.0.0/8"
protocol = "tcp"
action = "block"
[[rule]]
name = "udp"
remote = "10.0.0.0/8"
protocol = "udp"
action = "block"
[[rule]]
name = "some"
remote = "10.1.0.0/16"
protocol = ["tcp", "udp"]
action = "bypass"
[[rule]]
name = "more"
remote = "10.1.0.0/16"
protocol = ["tcp", "icmp"]
action = "bypass"
)"),
        R"(test.toml:11:1: rule[3]: is never reached: rules in front of it, such as "udp", cover all that it covers)");
}

TEST(ConfigWarningTest, NamesThatAMethodDoesNotProve) {
    EXPECT_EQ(
        warnings_of(R"(
[main_mode.open]
auth = "anonymous"
dh_groups = "ecp256"
[[peer]]
address = "10.0.0.1"
main_mode = "open"
[[peer]]
address = "10.0.0.2"
main_mode = "open"
tls_name = "b.example.com"
)"),
        R"(test.toml:7:1: peer[2]: has a name to prove, and "anonymous" proves none: it is not used with this peer)");
}

TEST(ConfigWarningTest, PeersThatAreNeverReached) {
    EXPECT_EQ(
        warnings_of(
            R"(
[[peer]]
name = "net"
address = "10.0.0.0/8"
[[peer]]
name = "host"
address = "10.0.0.1")"),
        R"(test.toml:4:1: peer[2]: is never reached: peers in front of it, such as "net", have all its addresses)");
}

}  // namespace
}  // namespace keyline::policy
