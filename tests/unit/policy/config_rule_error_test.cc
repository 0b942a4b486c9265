// What the loader says of bad rules, word for word.
#include "unit/policy/text.h"

namespace keyline::policy {
namespace {

struct Case {
    const char* keys;    // of one rule, the lines from 4 on
    const char* errors;  // without "test.toml:"
};

// The errors of a file with one rule of these keys.
std::string errors_of_rule(std::string_view keys) {
    std::string text = errors_of(std::string(kKerberos).append("[[rule]]\n").append(lines(keys)));
    constexpr std::string_view kFile = "test.toml:";
    for (std::size_t at = text.find(kFile); at != std::string::npos; at = text.find(kFile, at)) {
        text.erase(at, kFile.size());
    }
    return text;
}

void expect_errors(std::initializer_list<Case> cases) {
    for (const Case& test : cases)
        EXPECT_EQ(errors_of_rule(test.keys), lines(test.errors)) << test.keys;
}

TEST(ConfigRuleErrorTest, Addresses) {
    expect_errors({
        {"", R"(3:1: rule[1]: missing "remote", the addresses at the other end, or "any"; or "selectors")"},
        {R"(remote = "10.0.0.1/8")",
         R"(4:10: rule[1].remote: bits are set in "10.0.0.1/8" beyond the prefix length; did you mean "10.0.0.0/8"?)"},
        {R"(remote = ["10.0.0.0/33", "10.0.0.0/", "all", 10])",
         R"(
4:11: rule[1].remote[1]: expected an address or prefix such as "192.0.2.1" or "10.0.0.0/8", found "10.0.0.0/33"
4:26: rule[1].remote[2]: expected an address or prefix such as "192.0.2.1" or "10.0.0.0/8", found "10.0.0.0/"
4:39: rule[1].remote[3]: expected an address or prefix such as "192.0.2.1" or "10.0.0.0/8", found "all"
4:46: rule[1].remote[4]: expected an address or prefix such as "192.0.2.1" or "10.0.0.0/8", found the integer 10)"},
        {R"(remote = ["10.0.0.1", "10.0.0.1/32"])", "4:23: rule[1].remote[2]: is listed twice"},
        {R"(
local = "10.0.0.1"
remote = ["10.0.0.2", "2001:db8::2"])",
         R"(5:10: rule[1].remote: has IPv6 addresses, and "local" has none)"},
        {R"(
local = "10.0.0.1"
remote = "2001:db8::2")",
         R"(
4:9: rule[1].local: has IPv4 addresses, and "remote" has none
5:10: rule[1].remote: has IPv6 addresses, and "local" has none)"},
    });
}

TEST(ConfigRuleErrorTest, AuthenticatedFirewall) {
    expect_errors({
        {R"(
remote = "10.2.0.0/16"
mode = "authenticated-firewall"
engine = "kernel"
tunnel_local = "10.0.0.1"
negotiation = "request"
populate_from_packet = [])",
         R"(
6:10: rule[1].engine: only the fast path carries mode = "authenticated-firewall"
7:16: rule[1].tunnel_local: has a meaning only with mode = "tunnel"
8:15: rule[1].negotiation: only "require" fits mode = "authenticated-firewall"
9:24: rule[1].populate_from_packet: mode = "authenticated-firewall" protects host pairs; populate "local" and "remote" from the packet)"},
    });
}

TEST(ConfigRuleErrorTest, NegotiationDiscovery) {
    expect_errors({
        {R"(
remote = "any"
action = "bypass"
negotiation = "request"
guarantee_encryption = true)",
         R"(
6:15: rule[1].negotiation: has a meaning only with action = "protect"
7:24: rule[1].guarantee_encryption: has a meaning only with action = "protect")"},
        {R"(
remote = "10.2.0.0/16"
mode = "tunnel"
tunnel_local = "10.0.0.1"
tunnel_remote = "10.0.0.2"
negotiation = "request")",
         R"(8:15: rule[1].negotiation: only "require" fits mode = "tunnel")"},
        {R"(
remote = "any"
guarantee_encryption = true
[quick_mode]
suites = ["null/hmac-sha1-96"])",
         R"(5:24: rule[1].guarantee_encryption: quick mode "default" has suites that only authenticate; name another by quick_mode)"},
    });
}

TEST(ConfigRuleErrorTest, ProtocolsAndPorts) {
    expect_errors({
        {R"(
remote = "any"
protocol = ["tpc", 0, 300, "icmp", "ipx"])",
         R"(
5:13: rule[1].protocol[1]: expected a protocol such as "tcp", "icmpv6" or 47, found "tpc"; did you mean "tcp"?
5:20: rule[1].protocol[2]: expected an integer from 1 to 255, found the integer 0
5:23: rule[1].protocol[3]: expected an integer from 1 to 255, found the integer 300
5:36: rule[1].protocol[5]: expected a protocol such as "tcp", "icmpv6" or 47, found "ipx")"},
        {R"(
remote = "any"
remote_port = 443)",
         R"(5:15: rule[1].remote_port: a port needs protocol = "tcp", "udp", "sctp" or "udp-lite")"},
        {R"(
remote = "any"
protocol = ["tcp", "icmp"]
local_port = 443)",
         R"(6:14: rule[1].local_port: a port needs protocol = "tcp", "udp", "sctp" or "udp-lite")"},
        {R"(
remote = "any"
protocol = "tcp"
local_port = [0, "https"])",
         R"(
6:15: rule[1].local_port[1]: expected an integer from 1 to 65535, found the integer 0
6:18: rule[1].local_port[2]: expected an integer from 1 to 65535, found "https")"},
    });
}

TEST(ConfigRuleErrorTest, Selectors) {
    expect_errors({
        {"selectors = []", "4:13: rule[1].selectors: expected at least one selector, found an empty array"},
        {R"(selectors = "any")", R"(4:13: rule[1].selectors: expected an array of tables, found "any")"},
        {R"(
remote = "any"
selectors = [{ remote = "any" }])",
         "5:13: rule[1].selectors: stands in place of local, remote, protocol and ports, not beside them"},
        {R"(selectors = [{ remot = "any" }])",
         R"(
4:14: rule[1].selectors[1]: missing "remote", the addresses at the other end, or "any"
4:16: rule[1].selectors[1].remot: unknown key; did you mean "remote"?)"},
    });
}

TEST(ConfigRuleErrorTest, TooManySelectors) {
    std::string ports;
    for (int port = 1; port <= 1001; ++port)
        ports += std::to_string(port) + ',';
    const std::string keys = "remote = \"10.0.0.0/8\"\nprotocol = \"tcp\"\nlocal_port = [" + ports +
                             "]\nremote_port = [" + ports + "]\n";
    EXPECT_EQ(errors_of_rule(keys),
              "3:1: rule[1]: stands for more than 1000000 selectors; use larger prefixes or fewer ports");
}

TEST(ConfigRuleErrorTest, Action) {
    expect_errors({
        {R"(
remote = "any"
action = "protct")",
         R"(5:10: rule[1].action: expected "bypass", "protect" or "block", found "protct"; did you mean "protect"?)"},
        {R"(
remote = "any"
action = "deny")",
         R"(5:10: rule[1].action: expected "bypass", "protect" or "block", found "deny")"},
        {R"(
remote = "any"
action = "bypass"
mode = "tunnel"
auth = "kerberos"
engine = "kernel"
quick_mode = "default"
populate_from_packet = []
tunnel_local = "10.0.0.1"
tunnel_remote = "10.0.0.1"
offload = "none")",
         R"(
6:8: rule[1].mode: has a meaning only with action = "protect"
7:8: rule[1].auth: has a meaning only with action = "protect"
8:10: rule[1].engine: has a meaning only with action = "protect"
9:14: rule[1].quick_mode: has a meaning only with action = "protect"
10:24: rule[1].populate_from_packet: has a meaning only with action = "protect"
11:16: rule[1].tunnel_local: has a meaning only with action = "protect"
12:17: rule[1].tunnel_remote: has a meaning only with action = "protect"
13:11: rule[1].offload: has a meaning only with action = "protect")"},
    });
}

TEST(ConfigRuleErrorTest, Tunnel) {
    expect_errors({
        {R"(
remote = "any"
mode = "tunnel")",
         "5:8: rule[1].mode: a tunnel needs tunnel_local and tunnel_remote, its outer addresses"},
        {R"(
remote = "any"
mode = "tunel")",
         R"(5:8: rule[1].mode: expected "transport", "tunnel" or "authenticated-firewall", found "tunel"; did you mean "tunnel"?)"},
        {R"(
remote = "any"
tunnel_local = "192.0.2.1")",
         R"(5:16: rule[1].tunnel_local: has a meaning only with mode = "tunnel")"},
        {R"(
remote = "any"
mode = "tunnel"
tunnel_local = "192.0.2.1"
tunnel_remote = "2001:db8::1")",
         "7:17: rule[1].tunnel_remote: is of another family than tunnel_local"},
        {R"(
remote = "any"
mode = "tunnel"
tunnel_local = "192.0.2.1"
tunnel_remote = "192.0.2.1")",
         "7:17: rule[1].tunnel_remote: is the same as tunnel_local"},
        {R"(
remote = "any"
mode = "tunnel"
tunnel_local = "eth0"
tunnel_remote = "192.0.2.0/24")",
         R"(
6:16: rule[1].tunnel_local: expected an address such as "192.0.2.1" or "2001:db8::1", found "eth0"
7:17: rule[1].tunnel_remote: expected an address such as "192.0.2.1" or "2001:db8::1", found "192.0.2.0/24")"},
    });
}

TEST(ConfigRuleErrorTest, NamesOfOtherThings) {
    expect_errors({
        {R"(
remote = "any"
engine = "xfrm")",
         R"(5:10: rule[1].engine: expected "auto", "kernel" or "fastpath", found "xfrm")"},
        {R"(
remote = "any"
offload = "hardware")",
         R"(5:11: rule[1].offload: expected "none", "crypto", "packet" or "auto", found "hardware")"},
        {R"(
remote = "any"
offload = "crypto")",
         R"(5:11: rule[1].offload: needs engine = "kernel": the fast path leaves nothing to the device)"},
        {R"(
remote = "any"
quick_mode = "defualt")",
         R"(5:14: rule[1].quick_mode: there is no [quick_mode.defualt]; did you mean "default"?)"},
        {R"(
remote = "any"
auth = "anonymous")",
         R"(5:8: rule[1].auth: no main mode has the method "anonymous")"},
        {R"(
remote = "any"
name = "")",
         R"(5:8: rule[1].name: expected a name of at most 63 letters, digits, '.', '_' or '-', found "")"},
        {R"(
remote = "any"
name = "a"
[[rule]]
remote = "10.0.0.1"
name = "a")",
         R"(6:1: rule[2]: has the name of rule[1], "a")"},
    });
}

TEST(ConfigRuleErrorTest, PopulateFromPacket) {
    expect_errors({
        {R"(
remote = "10.0.0.0/8"
populate_from_packet = ["remote"])",
         R"(5:24: rule[1].populate_from_packet: mode = "transport" protects host pairs; populate "local" and "remote" from the packet)"},
        {R"(
remote = "10.0.0.0/8"
populate_from_packet = ["local", "remote", "local_port"])",
         R"(5:24: rule[1].populate_from_packet: a port needs a protocol; add "protocol")"},
        {R"(
remote = "10.0.0.0/8"
populate_from_packet = ["local", "remote", "ports"])",
         R"(5:44: rule[1].populate_from_packet[3]: expected "local", "remote", "protocol", "local_port" or "remote_port", found "ports")"},
    });
}

TEST(ConfigRuleErrorTest, SaShapes) {
    constexpr std::string_view kTunnel = R"(
mode = "tunnel"
tunnel_local = "192.0.2.1"
tunnel_remote = "192.0.2.2"
)";
    const std::string five =
        R"(remote = ["10.0.0.0/8", "10.0.0.0/9", "10.0.0.0/10", "10.0.0.0/11", "10.0.0.0/12"])";
    EXPECT_EQ(errors_of_rule(five + std::string(kTunnel)),
              "3:1: rule[1]: asks for SAs of 5 kinds (prefix lengths, and which of protocol and ports are "
              "set), and "
              "one rule has room for 4; split it, or populate more from the packet");
    EXPECT_EQ(errors_of_rule(five + std::string(kTunnel) + "populate_from_packet = \"remote\""), "loads");
    EXPECT_EQ(errors_of_rule(five), "loads");
}

TEST(ConfigRuleErrorTest, TransportBetweenTwoHostsNeedsNothingFromThePacket) {
    const Policy policy = policy_of(std::string(kKerberos) +
                                    R"(
[[rule]]
local = "10.0.0.1"
remote = "10.0.0.2"
populate_from_packet = [])");
    EXPECT_EQ(policy.rules[0].populate, PopulateFromPacket{});
}

TEST(ConfigRuleErrorTest, ExtendedMode) {
    expect_errors({
        {R"(
remote = "10.0.0.2"
extended_auth = ["kerberos", "anonymous"])",
         R"(5:17: rule[1].extended_auth: extended mode proves somebody, and "anonymous" nobody)"},
        {R"(
remote = "10.0.0.2"
per_user = true)",
         R"(5:12: rule[1].per_user: needs extended_auth, the methods that prove the user)"},
        {R"(
remote = "10.0.0.2"
action = "block"
extended_auth = "kerberos")",
         R"(6:17: rule[1].extended_auth: has a meaning only with action = "protect")"},
        {R"(
remote = "10.0.0.2"
extended_auth = "kerberos"
per_user = "yes")",
         R"(6:12: rule[1].per_user: expected "main_mode" or "extended_mode", found "yes")"},
        {R"(
remote = "10.0.0.2"
extended_auth = "kerberos"
explicit_credentials = { extended_mode = "alise", quick_mode = "alice" })",
         R"(
6:42: rule[1].explicit_credentials.extended_mode: there are no [[auth.credentials]] of this name
6:51: rule[1].explicit_credentials.quick_mode: unknown key; expected "main_mode" or "extended_mode")"},
        {R"(
remote = "10.0.0.2"
explicit_credentials = "alice")",
         R"(5:24: rule[1].explicit_credentials: expected a table such as { extended_mode = "NAME" }, found "alice")"},
        {R"(
remote = "10.0.0.2"
explicit_credentials.main_mode = "alice")",
         R"(5:34: rule[1].explicit_credentials.main_mode: there are no [[auth.credentials]] of this name)"},
    });
}

}  // namespace
}  // namespace keyline::policy
