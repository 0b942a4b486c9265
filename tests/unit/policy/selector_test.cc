#include "policy/selector.h"

#include "policy/protocol.h"
#include "unit/policy/text.h"

namespace keyline::policy {
namespace {

constexpr std::uint8_t kTcp = 6, kUdp = 17, kIcmp = 1, kIcmpv6 = 58;

Selector selector(std::string_view local, std::string_view remote, std::uint8_t protocol = 0,
                  std::uint16_t local_port = 0, std::uint16_t remote_port = 0) {
    return {prefix(local), prefix(remote), protocol, local_port, remote_port};
}

TEST(SelectorTest, MatchesByPrefixProtocolAndPorts) {
    const PacketTuple packet{address("10.0.0.1"), address("10.1.0.1"), kTcp, 51000, 443};
    EXPECT_TRUE(selector("0.0.0.0/0", "0.0.0.0/0").matches(packet));
    EXPECT_TRUE(selector("10.0.0.0/8", "10.1.0.1").matches(packet));
    EXPECT_TRUE(selector("10.0.0.0/8", "10.1.0.0/16", kTcp).matches(packet));
    EXPECT_TRUE(selector("10.0.0.0/8", "10.1.0.0/16", kTcp, 0, 443).matches(packet));
    EXPECT_TRUE(selector("10.0.0.0/8", "10.1.0.0/16", kTcp, 51000, 443).matches(packet));

    EXPECT_FALSE(selector("10.1.0.0/16", "10.1.0.0/16").matches(packet));
    EXPECT_FALSE(selector("10.0.0.0/8", "10.2.0.0/16").matches(packet));
    EXPECT_FALSE(selector("10.0.0.0/8", "10.1.0.0/16", kUdp).matches(packet));
    EXPECT_FALSE(selector("10.0.0.0/8", "10.1.0.0/16", kTcp, 443, 0).matches(packet));
    EXPECT_FALSE(selector("10.0.0.0/8", "10.1.0.0/16", kTcp, 0, 80).matches(packet));
    EXPECT_FALSE(selector("::/0", "::/0").matches(packet));
}

TEST(SelectorTest, IcmpTypeIsNoPort) {
    const PacketTuple echo{address("10.0.0.1"), address("10.1.0.1"), kIcmp, 8 << 8, 0};
    EXPECT_TRUE(selector("10.0.0.1", "10.1.0.1", kIcmp).matches(echo));
    EXPECT_EQ(Selector::of(echo), selector("10.0.0.1", "10.1.0.1", kIcmp));
}

TEST(SelectorTest, ContainsWhatIsNarrowerInEveryField) {
    const Selector wide = selector("10.0.0.0/8", "10.1.0.0/16", kTcp, 0, 443);
    EXPECT_TRUE(wide.contains(wide));
    EXPECT_TRUE(wide.contains(selector("10.3.0.0/16", "10.1.2.3", kTcp, 1000, 443)));
    EXPECT_FALSE(wide.contains(selector("10.0.0.0/7", "10.1.0.0/16", kTcp, 0, 443)));
    EXPECT_FALSE(wide.contains(selector("10.0.0.0/8", "10.0.0.0/15", kTcp, 0, 443)));
    EXPECT_FALSE(wide.contains(selector("10.0.0.0/8", "10.1.0.0/16")));
    EXPECT_FALSE(wide.contains(selector("10.0.0.0/8", "10.1.0.0/16", kTcp)));
    EXPECT_FALSE(wide.contains(selector("2001:db8::/32", "2001:db8::/32", kTcp, 0, 443)));
}

TEST(SelectorTest, ReversesTwiceToItself) {
    const Selector there = selector("10.0.0.0/8", "10.1.0.0/16", kTcp, 51000, 443);
    EXPECT_EQ(there.reversed(), selector("10.1.0.0/16", "10.0.0.0/8", kTcp, 443, 51000));
    EXPECT_EQ(there.reversed().reversed(), there);
}

TEST(SelectorTest, PrintsWhatIsNotAny) {
    EXPECT_EQ(selector("10.0.0.0/8", "10.1.0.0/16").to_string(), "10.0.0.0/8 -> 10.1.0.0/16");
    EXPECT_EQ(selector("10.0.0.0/8", "10.1.0.0/16", kTcp, 0, 443).to_string(),
              "10.0.0.0/8 -> 10.1.0.0/16 tcp remote-port 443");
    EXPECT_EQ(selector("::/0", "2001:db8::1", 99, 1, 2).to_string(),
              "::/0 -> 2001:db8::1/128 99 local-port 1 remote-port 2");
}

TEST(SelectorTest, EqualSelectorsHashAlike) {
    const SelectorHash hash;
    EXPECT_EQ(hash(selector("10.0.0.0/8", "10.1.0.0/16", kTcp, 1, 2)),
              hash(selector("10.0.0.0/8", "10.1.0.0/16", kTcp, 1, 2)));
    EXPECT_NE(hash(selector("10.0.0.0/8", "10.1.0.0/16")), hash(selector("10.1.0.0/16", "10.0.0.0/8")));
    EXPECT_NE(hash(selector("10.0.0.0/8", "10.1.0.0/16", kTcp, 1, 2)),
              hash(selector("10.0.0.0/8", "10.1.0.0/16", kTcp, 2, 1)));
}

TEST(PacketTupleTest, Prints) {
    EXPECT_EQ((PacketTuple{address("10.0.0.1"), address("10.0.0.2"), kTcp, 51000, 443}).to_string(),
              "10.0.0.1:51000 -> 10.0.0.2:443 tcp");
    EXPECT_EQ((PacketTuple{address("::1"), address("::2"), kUdp, 500, 500}).to_string(),
              "[::1]:500 -> [::2]:500 udp");
    EXPECT_EQ((PacketTuple{address("::1"), address("::2"), kIcmpv6, 128 << 8, 0}).to_string(),
              "::1 -> ::2 icmpv6 type 128 code 0");
    EXPECT_EQ((PacketTuple{address("10.0.0.1"), address("10.0.0.2"), 47, 0, 0}).to_string(),
              "10.0.0.1 -> 10.0.0.2 gre");
}

TEST(ProtocolTest, NamesRoundTrip) {
    for (unsigned number = 1; number < 256; ++number) {
        const auto protocol = static_cast<std::uint8_t>(number);
        EXPECT_EQ(parse_protocol(protocol_name(protocol)), protocol);
    }
    EXPECT_EQ(protocol_name(kAnyProtocol), "any");
    EXPECT_EQ(parse_protocol("any"), kAnyProtocol);
    for (const char* text : {"", "0", "256", "TCP", "6x", "-1"})
        EXPECT_FALSE(parse_protocol(text)) << text;
}

TEST(ProtocolTest, KnowsWhichHavePorts) {
    for (const char* name : {"tcp", "udp", "sctp", "udp-lite"})
        EXPECT_TRUE(has_ports(*parse_protocol(name))) << name;
    for (const char* name : {"any", "icmp", "icmpv6", "gre", "dccp"}) {
        EXPECT_FALSE(has_ports(*parse_protocol(name))) << name;
    }
}

}  // namespace
}  // namespace keyline::policy
