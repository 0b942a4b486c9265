// What the loader says of bad files, word for word: syntax, settings of the host, credentials, modes, peers.
#include "unit/policy/text.h"

namespace keyline::policy {
namespace {

struct Case {
    const char* text;
    const char* errors;
};

void expect_errors(std::initializer_list<Case> cases) {
    for (const Case& test : cases)
        EXPECT_EQ(errors_of(test.text), lines(test.errors)) << test.text;
}

TEST(ConfigErrorTest, Syntax) {
    expect_errors({
        {R"(
[host]
instance = edge)",
         "test.toml:2:12: not TOML: while parsing value: could not determine value type; words, addresses "
         "and durations need double quotes"},
        {"[`host]",
         "test.toml:1:2: not TOML: while parsing key: expected bare key starting character or string "
         "delimiter, saw '`'"},
        {"[host = 1", "test.toml:1:7: not TOML: while parsing table header: expected ']', saw '='"},
        {R"(
a = 1
a = 2)",
         "test.toml:2:5: not TOML: while parsing key-value pair: cannot redefine existing integer 'a'"},
        {"a = \"\xff\"", "test.toml:1:5: not TOML: Encountered invalid utf-8 sequence"},
        {"größe = 1", "test.toml:1:3: not TOML: a character beyond ASCII outside of quotes and comments"},
    });
}

TEST(ConfigErrorTest, UnknownKeys) {
    expect_errors({
        {"[[rules]]", R"(test.toml:1:3: rules: unknown key; did you mean "rule"?)"},
        {"[logging]",
         R"(test.toml:1:2: logging: unknown key; expected "host", "datapath", "keying", "auth", "main_mode", "quick_mode", "peer", "rule" or "debug")"},
        {R"(
[host]
  instence = "a")",
         R"(test.toml:2:3: host.instence: unknown key; did you mean "instance"?)"},
        {"[auth.tsl]", R"(test.toml:1:7: auth.tsl: unknown key; did you mean "tls"?)"},
        {"[auth.tls]", R"(
test.toml:1:1: auth.tls: missing "ca", the certificates of the CAs that peers' are issued by
test.toml:1:1: auth.tls: missing [[auth.tls.certificate]], which mutual authentication needs; or set mutual = false)"},
        {R"(
[auth.tls]
ca = "ca.pem"
mutual = "yes"
[[auth.tls.certificate]]
file = "/a.pem")",
         R"(
test.toml:2:6: auth.tls.ca: expected an absolute path, found "ca.pem"
test.toml:3:10: auth.tls.mutual: expected true or false, without quotes, found "yes"
test.toml:4:1: auth.tls.certificate[1]: missing "key", the certificate's private key in PEM form)"},
        {R"(
[auth.ntlm]
user = "alice")",
         R"(test.toml:1:1: auth.ntlm: expected "user" and "password", the file that holds its password, together; without both this host only responds)"},
        {R"(
[main_mode]
lifetimes = 1)",
         R"(test.toml:2:1: main_mode.lifetimes: unknown key; did you mean "lifetime"?)"},
        {R"(
[quick_mode.bulk]
suits = 1)",
         R"(test.toml:2:1: quick_mode.bulk.suits: unknown key; did you mean "suites"?)"},
        {R"(
[host]
"a\u001b[31m\nb" = 1)",
         R"(test.toml:2:1: host.a?[31m?b: unknown key; expected "instance", "listen", "port", "nat_port", "control_group", "unprotected", "protected" or "default_action")"},
    });
}

TEST(ConfigErrorTest, WrongKinds) {
    expect_errors({
        {"host = 1", "test.toml:1:8: host: expected a table, found the integer 1"},
        {R"(main_mode = "a")", R"(test.toml:1:13: main_mode: expected a table, found "a")"},
        {"rule = {}", "test.toml:1:8: rule: expected an array of tables, found a table"},
        {"rule = [1, true]",
         R"(
test.toml:1:9: rule[1]: expected a table, found the integer 1
test.toml:1:12: rule[2]: expected a table, found the boolean true)"},
        {"host.instance = 1.5",
         "test.toml:1:17: host.instance: expected a string in double quotes, found a floating-point number"},
        {"host.instance = 2020-01-01",
         "test.toml:1:17: host.instance: expected a string in double quotes, found a date"},
        {"host.instance = 10:00:00",
         "test.toml:1:17: host.instance: expected a string in double quotes, found a time"},
        {"host.instance = 2020-01-01 10:00:00",
         "test.toml:1:17: host.instance: expected a string in double quotes, found a date and time"},
        {R"(datapath.hold = "yes")",
         R"(test.toml:1:17: datapath.hold: expected true or false, without quotes, found "yes")"},
        {R"(host.port = "500")",
         R"(test.toml:1:13: host.port: expected an integer from 1 to 65535, found "500")"},
        {"keying.qm_key_order = false",
         R"(test.toml:1:23: keying.qm_key_order: expected "encryption-first" or "authentication-first", found the boolean false)"},
        {"main_mode.lifetime = 3600",
         R"(test.toml:1:22: main_mode.lifetime: expected a duration such as "90s", "30m", "8h" or "7d", found the integer 3600)"},
    });
}

TEST(ConfigErrorTest, Host) {
    expect_errors({
        {R"(host.instance = "Edge")",
         R"(test.toml:1:17: host.instance: expected 1 to 11 of the letters a to z, digits and '-', found "Edge")"},
        {R"(host.instance = "twelve-chars")",
         R"(test.toml:1:17: host.instance: expected 1 to 11 of the letters a to z, digits and '-', found "twelve-chars")"},
        {R"(host.listen = ["192.0.2.1", "0.0.0.0", "192.0.2.1", "eth0"])",
         R"(
test.toml:1:29: host.listen[2]: leave "listen" out to answer on every address
test.toml:1:40: host.listen[3]: is listed twice
test.toml:1:53: host.listen[4]: expected an address such as "192.0.2.1" or "2001:db8::1", found "eth0")"},
        {"host.listen = []", "test.toml:1:15: host.listen: expected at least one item, found an empty array"},
        {"host.port = 0",
         "test.toml:1:13: host.port: expected an integer from 1 to 65535, found the integer 0"},
        {R"(
host.port = 4500
host.nat_port = 4500)",
         "test.toml:2:17: host.nat_port: must differ from host.port"},
        {"host.port = 4500", "test.toml:1:13: host.port: must differ from host.nat_port"},
        {R"(debug.key_export = "keys")",
         R"(test.toml:1:20: debug.key_export: expected the absolute path of a directory, without a slash at its end, found "keys")"},
        {R"(host.control_group = "a b")",
         R"(test.toml:1:22: host.control_group: expected a name of at most 32 letters, digits, '.', '_' or '-', found "a b")"},
        {R"(
[host]
unprotected = "eth0"
protected = ["eth1", "eth0"])",
         R"(test.toml:3:13: host.protected: "eth0" is an unprotected interface already; an interface has one role)"},
        {R"(host.unprotected = ["a/b", "", "sixteen-letters-"])",
         R"(
test.toml:1:21: host.unprotected[1]: expected the name of a network interface, as `ip link` shows it, found "a/b"
test.toml:1:28: host.unprotected[2]: expected the name of a network interface, as `ip link` shows it, found ""
test.toml:1:32: host.unprotected[3]: expected the name of a network interface, as `ip link` shows it, found "sixteen-letters-")"},
        {R"(host.default_action = "protect")",
         R"(test.toml:1:23: host.default_action: expected "bypass" or "block", found "protect")"},
    });
}

TEST(ConfigErrorTest, DatapathAndKeying) {
    expect_errors({
        {"datapath.max_sas = 1",
         "test.toml:1:20: datapath.max_sas: expected an integer from 16 to 1048576, found the integer 1"},
        {"datapath.max_flows = 1",
         "test.toml:1:22: datapath.max_flows: expected an integer from 1024 to 16777216, found the integer "
         "1"},
        {R"(datapath.acquire_interval = "1h")",
         R"(test.toml:1:29: datapath.acquire_interval: expected a duration from "100ms" to "1m", found "1h")"},
        {"keying.retransmit_limit = 8",
         "test.toml:1:27: keying.retransmit_limit: expected an integer from 1 to 7, found the integer 8"},
        {R"(keying.responder_timeout = "0s")",
         R"(test.toml:1:28: keying.responder_timeout: expected a duration from "1s" to "1h", found "0s")"},
        {R"(keying.qm_key_order = "encryption-frist")",
         R"(test.toml:1:23: keying.qm_key_order: expected "encryption-first" or "authentication-first", found "encryption-frist"; did you mean "encryption-first"?)"},
    });
}

TEST(ConfigErrorTest, Credentials) {
    expect_errors({
        {"[auth.kerberos]",
         R"(test.toml:1:1: auth.kerberos: missing "principal", this host's name such as "host/a.example.com@EXAMPLE.COM")"},
        {R"(
[auth.kerberos]
principal = "host/a.example.com"
keytab = "krb5.keytab")",
         R"(
test.toml:2:13: auth.kerberos.principal: expected a principal with its realm such as "host/a.example.com@EXAMPLE.COM", found "host/a.example.com"
test.toml:3:10: auth.kerberos.keytab: expected an absolute path, found "krb5.keytab")"},
        {R"(
[auth.kerberos]
principal = "host/a.example.com@EXAMPLE.COM"
user_ccache = "KEYRING:user")",
         R"(test.toml:3:15: auth.kerberos.user_ccache: expected a file for each user such as "FILE:/tmp/krb5cc_%{uid}", found "KEYRING:user")"},
        {"auth.kerberos = true", "test.toml:1:17: auth.kerberos: expected a table, found the boolean true"},
        {R"(main_mode.auth = ["kerberos"])",
         R"(test.toml:1:19: main_mode.auth[1]: "kerberos" has no credentials; add [auth.kerberos] with principal and keytab)"},
        {R"(
[[rule]]
remote = "any")",
         "test.toml: auth.kerberos: missing; main mode authenticates with Kerberos unless main_mode.auth "
         "says otherwise, so add [auth.kerberos] with principal and keytab"},
    });
}

TEST(ConfigErrorTest, MainMode) {
    expect_errors({
        {R"(main_mode.auth = ["anonimous", "tls", "ntlm"])",
         R"(
test.toml:1:19: main_mode.auth[1]: expected "kerberos", "anonymous", "tls", "ntlm", "psk", "signature", "public-key" or "revised-public-key", found "anonimous"; did you mean "anonymous"?
test.toml:1:32: main_mode.auth[2]: "tls" has no credentials; add [auth.tls] with ca and [[auth.tls.certificate]]
test.toml:1:39: main_mode.auth[3]: "ntlm" has no credentials; add [auth.ntlm] with user and password, or accounts)"},
        {"main_mode.auth = []",
         "test.toml:1:18: main_mode.auth: expected at least one item, found an empty array"},
        {R"(main_mode.proposals = ["aes-cbc-256/sha256", "rc4"])",
         R"(
test.toml:1:24: main_mode.proposals[1]: expected a cipher and a hash such as "aes-cbc-256/sha2-256", found "aes-cbc-256/sha256"; did you mean "aes-cbc-256/sha2-256"?
test.toml:1:46: main_mode.proposals[2]: expected a cipher and a hash such as "aes-cbc-256/sha2-256", found "rc4")"},
        {R"(main_mode.dh_groups = "group14")",
         R"(test.toml:1:23: main_mode.dh_groups: expected "none", "modp768", "modp1024", "modp1536", "modp2048", "modp3072", "modp4096", "modp6144", "modp8192", "ecp256", "ecp384" or "ecp521", found "group14")"},
        {R"(
[main_mode]
auth = "anonymous"
dh_groups = ["none"])",
         R"(test.toml:3:13: main_mode.dh_groups: "anonymous" needs a Diffie-Hellman group; add one to dh_groups, such as "ecp256")"},
        {R"(
[main_mode]
dh_groups = ["none"]
[main_mode.open]
auth = "anonymous")",
         R"(test.toml:4:8: main_mode.open.auth: "anonymous" needs a Diffie-Hellman group; add one to dh_groups, such as "ecp256")"},
        {R"(main_mode.lifetime_octets = "60kB")",
         R"(test.toml:1:29: main_mode.lifetime_octets: expected a size of at least 65536 octets, such as "1MB", found "60kB")"},
        {R"(main_mode.lifetime = "1s")",
         R"(test.toml:1:22: main_mode.lifetime: expected a duration from "10s" to "365d", found "1s")"},
        {"[main_mode.default]",
         "test.toml:1:1: main_mode.default: this name stands for [main_mode] itself; choose another"},
    });
}

TEST(ConfigErrorTest, QuickMode) {
    expect_errors({
        {R"(quick_mode.suites = ["aes-cbc-128", "aes-gcm-128", "chacha20"])",
         R"(
test.toml:1:22: quick_mode.suites[1]: "aes-cbc-128" has no integrity; add one, such as "aes-cbc-128/hmac-sha2-256-128"
test.toml:1:37: quick_mode.suites[2]: expected an ESP suite such as "aes-gcm-16-256" or "aes-cbc-256/hmac-sha2-256-128", found "aes-gcm-128"; did you mean "aes-gcm-16-128"?
test.toml:1:52: quick_mode.suites[3]: expected an ESP suite such as "aes-gcm-16-256" or "aes-cbc-256/hmac-sha2-256-128", found "chacha20")"},
        {R"(
[quick_mode]
lifetime = "1m"
soft_lifetime = "2m")",
         "test.toml:3:17: quick_mode.soft_lifetime: must not exceed the hard limit"},
        {R"(
[quick_mode]
lifetime_octets = "1GB"
soft_lifetime_octets = "none")",
         "test.toml:3:24: quick_mode.soft_lifetime_octets: must not exceed the hard limit"},
        {R"(quick_mode.lifetime = "none")",
         R"(test.toml:1:23: quick_mode.lifetime: expected a duration such as "90s", "30m", "8h" or "7d", found "none")"},
        {R"(quick_mode.lifetime_octets = "1 GB")",
         R"(test.toml:1:30: quick_mode.lifetime_octets: expected a size such as "100MB" or "4GiB", found "1 GB")"},
        {"quick_mode.lifetime_packets = 5000000000",
         "test.toml:1:31: quick_mode.lifetime_packets: without esn an SA has 4294967295 sequence numbers; "
         "lower the limit or set esn = true"},
        {R"(quick_mode.lifetime_packets = "none")",
         "test.toml:1:31: quick_mode.lifetime_packets: without esn an SA has 4294967295 sequence numbers; "
         "lower the limit or set esn = true"},
        {"quick_mode.replay_window = 0",
         "test.toml:1:28: quick_mode.replay_window: expected an integer from 32 to 2048, found the integer "
         "0"},
        {"[quick_mode.default]",
         "test.toml:1:1: quick_mode.default: this name stands for [quick_mode] itself; choose another"},
    });
}

TEST(ConfigErrorTest, Peers) {
    expect_errors({
        {R"(
[[peer]]
name = "a")",
         R"(test.toml:1:1: peer[1]: missing "address", the peer's addresses or prefixes)"},
        {R"(
[[peer]]
address = "10.0.0.1"
[[peer]]
address = "10.0.0.1")",
         R"(test.toml:4:11: peer[2].address: is an address of peer "peer-1" already)"},
        {R"(
[[peer]]
name = "a"
address = "10.0.0.1"
[[peer]]
name = "a"
address = "10.0.0.2")",
         R"(test.toml:4:1: peer[2]: has the name of peer[1], "a")"},
        {R"(
[main_mode.old]
[[peer]]
address = "10.0.0.1"
main_mode = "odl")",
         R"(test.toml:4:13: peer[1].main_mode: there is no [main_mode.odl]; did you mean "old"?)"},
        {R"(
[main_mode]
dh_groups = "none"
[[peer]]
address = "10.0.0.1"
auth = "anonymous")",
         "test.toml:5:8: peer[1].auth: these methods need a Diffie-Hellman group; name a main mode that has "
         "one in dh_groups"},
        {R"(
[[peer]]
address = "10.0.0.1"
protocols = ["authip", "ikev1", "ikev3"])",
         R"(
test.toml:3:13: peer[1].protocols: "ikev1" has no authentication method here; add one to auth, such as "psk"
test.toml:3:33: peer[1].protocols[3]: expected "authip" or "ikev1", found "ikev3"; did you mean "ikev1"?)"},
        {R"(
[auth.psk]
file = "psk"
[[peer]]
address = "10.0.0.1"
auth = "psk")",
         R"(test.toml:2:8: auth.psk.file: expected an absolute path, found "psk")"},
        {R"(
[[peer]]
address = "10.0.0.1"
auth = "psk"
protocols = "ikev1")",
         R"(test.toml:3:8: peer[1].auth: "psk" has no secrets; add [auth.psk] with file)"},
        {R"(
[[peer]]
address = "10.0.0.1"
auth = ["signature", "public-key"]
protocols = "ikev1")",
         R"(
test.toml:3:9: peer[1].auth[1]: "signature" has no certificates; add [auth.x509] with ca and [[auth.x509.certificate]]
test.toml:3:22: peer[1].auth[2]: "public-key" has no certificates; add [auth.x509] with ca and [[auth.x509.certificate]])"},
        {R"(
[auth.x509]
crl = ["crl.pem"])",
         R"(
test.toml:1:1: auth.x509: missing "ca", the certificates of the CAs that peers' are issued by
test.toml:1:1: auth.x509: missing [[auth.x509.certificate]], by which this host proves who it is
test.toml:2:8: auth.x509.crl[1]: expected an absolute path, found "crl.pem")"},
        {R"(
[auth.x509]
ca = "/ca.pem"
[[auth.x509.certificate]]
file = "/a.pem"
id = "dn")",
         R"(
test.toml:3:1: auth.x509.certificate[1]: missing "key", the certificate's private key in PEM form
test.toml:5:6: auth.x509.certificate[1].id: expected "subject", "dns-name" or "address", found "dn")"},
        {R"(
[auth.psk])",
         R"(test.toml:1:1: auth.psk: missing "file", the file of the secrets)"},
        {R"(
[[peer]]
name = "a b"
address = ["host.example.com"]
principal = "host")",
         R"(
test.toml:2:8: peer[1].name: expected a name of at most 63 letters, digits, '.', '_' or '-', found "a b"
test.toml:3:12: peer[1].address[1]: expected an address or prefix such as "192.0.2.1" or "10.0.0.0/8", found "host.example.com"
test.toml:4:13: peer[1].principal: expected a principal with its realm such as "host/a.example.com@EXAMPLE.COM", found "host")"},
    });
}

TEST(ConfigErrorTest, AllAtOnceInFileOrder) {
    EXPECT_EQ(errors_of(R"(
[[rule]]
acton = 1
remote = "any"
action = "block"
[host]
port = 0)"),
              lines(R"(
test.toml:2:1: rule[1].acton: unknown key; did you mean "action"?
test.toml:6:8: host.port: expected an integer from 1 to 65535, found the integer 0)"));
}

TEST(ConfigErrorTest, VeryManyAreCut) {
    std::string text = "[host]\n";
    for (int i = 0; i < 1000; ++i)
        text += "x" + std::to_string(i) + " = 1\n";
    const auto outcome = load_text(text, "test.toml");
    ASSERT_FALSE(outcome);
    ASSERT_EQ(outcome.error().size(), 101U);
    EXPECT_EQ(outcome.error().back().to_string(), "test.toml: 900 more of the kind are not shown");
}

}  // namespace
}  // namespace keyline::policy
