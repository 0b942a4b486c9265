// What a good file means, key by key.
#include "policy/config.h"

#include "unit/policy/text.h"

namespace keyline::policy {
namespace {

using std::chrono::seconds;

Policy with_kerberos(std::string_view text) { return policy_of(std::string(kKerberos).append(text)); }

TEST(ConfigTest, AnEmptyFileIsTheDefaultPolicy) { EXPECT_EQ(policy_of(""), Policy{}); }

TEST(ConfigTest, EmptyTablesAreTheDefaultPolicy) {
    EXPECT_EQ(policy_of("[host]\n[datapath]\n[keying]\n[auth]\n[main_mode]\n[quick_mode]\n"), Policy{});
}

TEST(ConfigTest, FifteenLinesProtectAHost) {
    const Policy policy = policy_of(R"([host]
unprotected = ["eth0"]

[auth.kerberos]
principal = "host/a.example.com@EXAMPLE.COM"
keytab = "/etc/krb5.keytab"

[main_mode]
auth = ["kerberos"]

[[rule]]
name = "servers"
remote = "10.0.0.0/8"
action = "protect"
mode = "transport"
)");
    ASSERT_EQ(policy.rules.size(), 1U);
    const Rule& rule = policy.rules[0];
    EXPECT_EQ(rule.selectors, (std::vector<Selector>{{prefix("0.0.0.0/0"), prefix("10.0.0.0/8"), 0, 0, 0}}));
    EXPECT_EQ(rule.action, RuleAction::kProtect);
    EXPECT_EQ(rule.mode, Mode::kTransport);
    EXPECT_EQ(rule.populate, kHostPair);
    EXPECT_NE(rule.id, 0U);
    EXPECT_EQ(policy.quick_mode_of(rule), QuickMode{});
    EXPECT_EQ(policy.auth.kerberos->keytab, "/etc/krb5.keytab");
}

TEST(ConfigTest, Host) {
    const Policy policy = policy_of(R"([host]
instance = "edge-1"
listen = ["192.0.2.1", "2001:db8::1"]
port = 10500
nat_port = 14500
control_group = "adm"
unprotected = "wan0"
protected = ["lan0", "lan0.7"]
default_action = "block"
)");
    EXPECT_EQ(policy.host, (Host{.instance = "edge-1",
                                 .listen = {address("192.0.2.1"), address("2001:db8::1")},
                                 .port = 10500,
                                 .nat_port = 14500,
                                 .control_group = "adm",
                                 .interfaces = {{"wan0", InterfaceRole::kUnprotected},
                                                {"lan0", InterfaceRole::kProtected},
                                                {"lan0.7", InterfaceRole::kProtected}},
                                 .default_action = RuleAction::kBlock}));
}

TEST(ConfigTest, Datapath) {
    const Policy policy =
        policy_of("[datapath]\nhold = false\nmax_sas = 16\nmax_flows = 1024\nacquire_interval = \"500ms\"\n");
    EXPECT_EQ(policy.datapath, (DatapathSettings{.hold = false,
                                                 .max_sas = 16,
                                                 .max_flows = 1024,
                                                 .acquire_interval = std::chrono::milliseconds(500)}));
}

TEST(ConfigTest, Keying) {
    const Policy policy = policy_of(R"([keying]
retransmit_interval = "250ms"
retransmit_limit = 7
first_message_retransmit_limit = 1
responder_timeout = "30s"
nat_keepalive = "10s"
rekey_overlap = "5s"
dead_peer_timeout = "0s"
dpd_delay = "30s"
dpd_timeout = "2m"
idle_timeout = "1h"
cluster_idle_timeout = "30s"
cluster = true
mm_sas_per_peer = 100
negotiations_per_peer = 200
dos_threshold = 50
qm_key_order = "authentication-first"
)");
    EXPECT_EQ(policy.keying, (Keying{.retransmit_interval = std::chrono::milliseconds(250),
                                     .retransmit_limit = 7,
                                     .first_message_retransmit_limit = 1,
                                     .responder_timeout = seconds(30),
                                     .nat_keepalive = seconds(10),
                                     .rekey_overlap = seconds(5),
                                     .dead_peer_timeout = seconds(0),
                                     .dpd_delay = seconds(30),
                                     .dpd_timeout = seconds(120),
                                     .idle_timeout = seconds(3600),
                                     .cluster_idle_timeout = seconds(30),
                                     .cluster = true,
                                     .mm_sas_per_peer = 100,
                                     .negotiations_per_peer = 200,
                                     .dos_threshold = 50,
                                     .qm_key_order = QmKeyOrder::kAuthenticationFirst}));
}

TEST(ConfigTest, Auth) {
    const Policy policy = policy_of(R"(
[auth.kerberos]
principal = "A$@EXAMPLE.COM"
keytab = "/a"
client_keytab = "/b"
ccache = "FILE:/c"
user_ccache = "FILE:/u/%{uid}"
[auth.anonymous]
name = "a.example.com"
)");
    EXPECT_EQ(policy.auth.kerberos,
              (KerberosAuth{"A$@EXAMPLE.COM", "/a", "FILE:/c", "/b", "FILE:/u/%{uid}"}));
    EXPECT_EQ(policy.auth.anonymous, (AnonymousAuth{"a.example.com"}));
}

TEST(ConfigTest, Credentials) {
    const Policy policy = with_kerberos(R"(
[auth.tls]
ca = "/ca"
mutual = false
[auth.ntlm]
[[auth.credentials]]
name = "alice"
uid = 1001
kerberos = { principal = "alice@EXAMPLE.COM", keytab = "/alice.keytab" }
ntlm = { user = "alice", domain = "EXAMPLE", password = "/alice.password" }
[[auth.credentials.certificate]]
file = "/alice.pem"
key = "/alice.key"
[[auth.credentials]]
name = "backup"
ntlm = { user = "backup", password = "/backup.password" }
)");
    ASSERT_EQ(policy.auth.credentials.size(), 2U);
    EXPECT_EQ(
        policy.auth.credentials[0],
        (Credentials{.name = "alice",
                     .uid = 1001,
                     .kerberos = KerberosAuth{.principal = "alice@EXAMPLE.COM", .keytab = "/alice.keytab"},
                     .certificates = {{"/alice.pem", "/alice.key"}},
                     .ntlm = NtlmAuth{"alice", "EXAMPLE", "/alice.password", ""}}));
    const Credentials& backup = policy.auth.credentials[1];
    EXPECT_FALSE(backup.uid);
    EXPECT_TRUE(backup.serve(AuthMethod::kNtlm));
    EXPECT_FALSE(backup.serve(AuthMethod::kTls) || backup.serve(AuthMethod::kKerberos) ||
                 backup.serve(AuthMethod::kAnonymous));
}

TEST(ConfigTest, AnonymousNeedsNoTableOfItsOwn) {
    const Policy policy = policy_of("main_mode.auth = \"anonymous\"\n");
    EXPECT_EQ(policy.auth.anonymous, AnonymousAuth{});
    EXPECT_FALSE(policy.auth.kerberos);
    EXPECT_EQ(policy.main_modes[0].offered_group(), DhGroup::kEcp256);
}

TEST(ConfigTest, MainModesInheritTheDefault) {
    const Policy policy = with_kerberos(R"(
[main_mode]
auth = ["kerberos", "anonymous"]
proposals = ["aes-cbc-256/sha2-384"]
dh_groups = ["ecp384", "modp4096"]
lifetime = "2h"
lifetime_octets = "1MB"
[main_mode.old]
proposals = ["3des-cbc/sha1", "aes-cbc-192/sha2-256"]
)");
    MainMode expected{.name = "default",
                      .auth = {AuthMethod::kKerberos, AuthMethod::kAnonymous},
                      .proposals = {{MmEncryption::kAesCbc256, MmHash::kSha384}},
                      .dh_groups = {DhGroup::kEcp384, DhGroup::kModp4096},
                      .lifetime = std::chrono::hours(2),
                      .lifetime_octets = 1'000'000};
    ASSERT_EQ(policy.main_modes.size(), 2U);
    EXPECT_EQ(policy.main_modes[0], expected);
    expected.name = "old";
    expected.proposals = {{MmEncryption::k3desCbc, MmHash::kSha1},
                          {MmEncryption::kAesCbc192, MmHash::kSha256}};
    EXPECT_EQ(policy.main_modes[1], expected);
}

TEST(ConfigTest, QuickModesInheritTheDefault) {
    const Policy policy = policy_of(R"(
[quick_mode]
suites = "aes-gcm-16-128"
pfs_group = "ecp256"
lifetime = "100s"
soft_lifetime = "50s"
lifetime_octets = "10MB"
soft_lifetime_octets = "9MB"
lifetime_packets = 1000
replay_window = 64
[quick_mode.bulk]
lifetime = "1000s"
lifetime_octets = "none"
soft_lifetime_octets = "none"
lifetime_packets = "none"
esn = true
)");
    QuickMode expected{.name = "default",
                       .suites = {{Encryption::kAesGcm16, 16, Integrity::kNone}},
                       .pfs_group = DhGroup::kEcp256,
                       .lifetime = {seconds(50), seconds(100), 9'000'000, 10'000'000, 800, 1000},
                       .esn = false,
                       .replay_window = 64};
    ASSERT_EQ(policy.quick_modes.size(), 2U);
    EXPECT_EQ(policy.quick_modes[0], expected);
    expected.name = "bulk";
    expected.lifetime = {seconds(50), seconds(1000), 0, 0, 0, 0};
    expected.esn = true;
    EXPECT_EQ(policy.quick_modes[1], expected);
}

TEST(ConfigTest, WithEsnPacketsAreUnlimited) {
    EXPECT_EQ(policy_of("[quick_mode]\nesn = true\n").quick_modes[0].lifetime.hard_packets, 0U);
}

TEST(ConfigTest, PeersOfIkev1) {
    const Policy policy = with_kerberos(R"(
[auth.psk]
file = "/etc/keyline/psk"
[[peer]]
address = "10.0.0.7"
auth = ["psk", "kerberos"]
protocols = ["ikev1", "authip"]
)");
    ASSERT_EQ(policy.peers.size(), 1U);
    EXPECT_EQ(policy.auth.psk, PskAuth{"/etc/keyline/psk"});
    EXPECT_EQ(policy.peers[0].protocols, (std::vector{Protocol::kIkev1, Protocol::kAuthip}));
    const MainMode& mode = policy.main_modes[policy.peers[0].main_mode];
    EXPECT_EQ(mode.restricted_to(Protocol::kIkev1).auth, std::vector{AuthMethod::kPreSharedKey});
    EXPECT_EQ(mode.restricted_to(Protocol::kAuthip).auth, std::vector{AuthMethod::kKerberos});
    EXPECT_EQ(mode.restricted_to(Protocol::kIkev1).offered_group(), DhGroup::kEcp256);
}

TEST(ConfigTest, Peers) {
    const Policy policy = with_kerberos(R"(
[main_mode.old]
lifetime = "1h"
[[peer]]
address = "10.0.0.7"
[[peer]]
name = "old"
address = ["10.0.0.0/24", "2001:db8::/64"]
principal = "host/old.example.com@EXAMPLE.COM"
main_mode = "old"
auth = ["anonymous"]
protocols = ["authip"]
)");
    ASSERT_EQ(policy.peers.size(), 2U);
    EXPECT_EQ(policy.peers[0],
              (Peer{.name = "peer-1", .addresses = {prefix("10.0.0.7")}, .principal = "", .main_mode = 0}));
    EXPECT_EQ(policy.peers[1], (Peer{.name = "old",
                                     .addresses = {prefix("10.0.0.0/24"), prefix("2001:db8::/64")},
                                     .principal = "host/old.example.com@EXAMPLE.COM",
                                     .main_mode = 2}));
    EXPECT_EQ(policy.main_modes[2].auth, std::vector{AuthMethod::kAnonymous});
    EXPECT_EQ(policy.main_modes[2].lifetime, std::chrono::hours(1));
    EXPECT_EQ(policy.main_modes[2].name, "old of peer old");
}

TEST(ConfigTest, RulesCombineWhatTheyList) {
    const Policy policy = policy_of(R"(
[[rule]]
local = ["10.0.0.1", "2001:db8::1"]
remote = ["10.0.0.2", "10.0.0.3", "2001:db8::2"]
protocol = ["tcp", 17]
remote_port = [53, 853]
action = "block"
)");
    EXPECT_EQ(policy.rules[0].name, "rule-1");
    EXPECT_EQ(policy.rules[0].selectors.size(), (1U * 2 + 1) * 2 * 2);
    EXPECT_EQ(policy.rules[0].selectors.front(),
              (Selector{prefix("10.0.0.1"), prefix("10.0.0.2"), 6, 0, 53}));
    EXPECT_EQ(policy.rules[0].selectors.back(),
              (Selector{prefix("2001:db8::1"), prefix("2001:db8::2"), 17, 0, 853}));
}

TEST(ConfigTest, AnyIsEveryAddressOfBothFamilies) {
    const std::vector<Selector> all{{prefix("0.0.0.0/0"), prefix("0.0.0.0/0"), 0, 0, 0},
                                    {prefix("::/0"), prefix("::/0"), 0, 0, 0}};
    EXPECT_EQ(policy_of("[[rule]]\nremote = \"any\"\naction = \"block\"\n").rules[0].selectors, all);
    EXPECT_EQ(
        policy_of("[[rule]]\nremote = \"any\"\nlocal = \"any\"\nprotocol = \"any\"\naction = \"bypass\"\n")
            .rules[0]
            .selectors,
        all);
}

TEST(ConfigTest, SelectorsOneByOne) {
    const Policy policy = policy_of(R"(
[[rule]]
action = "block"
selectors = [
    { remote = "10.0.0.0/8", protocol = "tcp", local_port = 80 },
    { local = "192.0.2.1", remote = ["10.0.0.1", "10.0.0.2"] },
    { local = "192.0.2.1", remote = "10.0.0.1" },
]
)");
    EXPECT_EQ(policy.rules[0].selectors,
              (std::vector<Selector>{{prefix("0.0.0.0/0"), prefix("10.0.0.0/8"), 6, 80, 0},
                                     {prefix("192.0.2.1"), prefix("10.0.0.1"), 0, 0, 0},
                                     {prefix("192.0.2.1"), prefix("10.0.0.2"), 0, 0, 0}}));
}

TEST(ConfigTest, ProtectKeys) {
    const Policy policy = with_kerberos(R"(
[[auth.credentials]]
name = "backup"
kerberos = { principal = "backup@EXAMPLE.COM", keytab = "/backup.keytab" }
[quick_mode.bulk]
suites = ["aes-gcm-16-128"]
[[rule]]
name = "site"
local = "2001:db8:1::/48"
remote = "2001:db8:2::/48"
mode = "tunnel"
tunnel_local = "192.0.2.1"
tunnel_remote = "198.51.100.1"
engine = "fastpath"
quick_mode = "bulk"
auth = ["kerberos"]
populate_from_packet = ["protocol", "remote_port"]
extended_auth = "kerberos"
per_user = ["extended_mode", "main_mode"]
explicit_credentials = { extended_mode = "backup" }
)");
    const Rule& rule = policy.rules[0];
    EXPECT_EQ(rule.extended_auth, std::vector{AuthMethod::kKerberos});
    EXPECT_TRUE(rule.per_user && rule.impersonation_mm && rule.impersonation_em);
    EXPECT_EQ(rule.explicit_em, "backup");
    EXPECT_TRUE(rule.explicit_mm.empty() && rule.needs_authip());
    EXPECT_TRUE(policy.has_users());
    EXPECT_EQ(rule.tunnel, (TunnelEndpoints{address("192.0.2.1"), address("198.51.100.1")}));
    EXPECT_EQ(rule.mode, Mode::kTunnel);
    EXPECT_EQ(rule.engine, Engine::kFastpath);
    EXPECT_EQ(policy.quick_mode_of(rule).name, "bulk");
    EXPECT_EQ(rule.auth, std::vector{AuthMethod::kKerberos});
    EXPECT_EQ(rule.populate, (PopulateFromPacket{.protocol = true, .remote_port = true}));
}

TEST(ConfigTest, ATunnelKeysItsSelectors) {
    const Policy policy = with_kerberos(
        "[[rule]]\nremote = \"10.0.0.0/8\"\nmode = \"tunnel\"\ntunnel_local = \"192.0.2.1\"\ntunnel_remote = "
        "\"192.0.2.2\"\n");
    EXPECT_EQ(policy.rules[0].populate, PopulateFromPacket{});
}

TEST(ConfigTest, ReloadKeepsIds) {
    Policy running = policy_of("[[rule]]\nname = \"a\"\nremote = \"any\"\naction = \"block\"\n");
    running.rules[0].id = 9;
    const Policy next =
        policy_of("[[rule]]\nname = \"a\"\nremote = \"10.0.0.1\"\naction = \"bypass\"\n", &running);
    EXPECT_EQ(next.rules[0].id, 9U);
}

}  // namespace
}  // namespace keyline::policy
