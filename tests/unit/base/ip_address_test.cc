#include "base/ip_address.h"

#include <gtest/gtest.h>

namespace keyline {
namespace {

TEST(IpAddressTest, ParsesAndPrintsBothFamilies) {
    for (const char* text : {"0.0.0.0", "192.0.2.1", "::", "2001:db8::1"}) {
        const auto address = IpAddress::parse(text);
        ASSERT_TRUE(address) << text;
        EXPECT_EQ(address->to_string(), text);
        EXPECT_EQ(IpAddress::from_octets(address->octets()), address);
    }
    for (const char* text : {"", "192.0.2", "192.0.2.256", "2001:db8::1/64", "fe80::1%eth0", "host"}) {
        EXPECT_FALSE(IpAddress::parse(text)) << text;
    }
}

TEST(IpAddressTest, MasksToAnyLength) {
    const auto address = IpAddress::parse("255.255.255.255");
    EXPECT_EQ(address->masked(0).to_string(), "0.0.0.0");
    EXPECT_EQ(address->masked(9).to_string(), "255.128.0.0");
    EXPECT_EQ(address->masked(32).to_string(), "255.255.255.255");
    EXPECT_EQ(IpAddress::parse("2001:db8:ffff::1")->masked(33).to_string(), "2001:db8:8000::");
}

TEST(PrefixTest, RefusesHostBitsAndLongLengths) {
    EXPECT_EQ(Prefix::parse("10.0.0.0/8")->to_string(), "10.0.0.0/8");
    EXPECT_EQ(Prefix::parse("10.0.0.1")->to_string(), "10.0.0.1/32");
    EXPECT_EQ(Prefix::parse("::/0")->to_string(), "::/0");
    for (const char* text : {"10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8x", "::/129", "/8"}) {
        EXPECT_FALSE(Prefix::parse(text)) << text;
    }
}

TEST(PrefixTest, ContainsOnlyItsOwnFamily) {
    const auto prefix = Prefix::any(Family::kIpv4);
    EXPECT_TRUE(prefix.contains(*IpAddress::parse("192.0.2.1")));
    EXPECT_FALSE(prefix.contains(*IpAddress::parse("::1")));
    EXPECT_TRUE(prefix.contains(*Prefix::parse("10.0.0.0/8")));
    EXPECT_FALSE(Prefix::parse("10.0.0.0/8")->contains(prefix));
}

TEST(EndpointTest, BracketsIpv6) {
    EXPECT_EQ((Endpoint{*IpAddress::parse("192.0.2.1"), 500}).to_string(), "192.0.2.1:500");
    EXPECT_EQ((Endpoint{*IpAddress::parse("::1"), 4500}).to_string(), "[::1]:4500");
}

}  // namespace
}  // namespace keyline
