// Negotiations through NATs, and NATs that forget their mappings (RFC 3947; interpretation item 13, Q5, M11).
#include <gtest/gtest.h>

#include <algorithm>

#include "simulation/translated.h"

namespace keyline::simulation {
namespace {

using policy::UdpEncapsulation;

const char* const kOtherOutside = "10.0.9.77";

TEST(NatTest, FloatsToPort4500AndEncapsulates) {
    Translated pair;
    pair.establish();
    ASSERT_EQ(pair.a.datapath.outbound.size(), 1U);
    ASSERT_EQ(pair.b.datapath.outbound.size(), 1U);
    const policy::SadEntry& at_a = pair.sent_by(pair.a);
    const policy::SadEntry& at_b = pair.sent_by(pair.b);
    EXPECT_EQ(at_a.encapsulation, (UdpEncapsulation{4500, 4500, false}));
    EXPECT_EQ(at_b.encapsulation, (UdpEncapsulation{4500, pair.nat.translate(4500).port, true}));
    EXPECT_EQ(at_b.remote, pair.nat.outside());
    EXPECT_EQ(at_b.selector.remote, Prefix::host(pair.nat.outside()));  // Q5
    EXPECT_TRUE(at_a.encryption_key == pair.b.datapath.inbound.at(at_a.spi).encryption_key);
    pair.check_rest();
}

TEST(NatTest, AResponderBehindAForwardingNatIsReached) {
    Pair pair{Wishes{}};
    pair.world.add_nat(pair.b, kOutside, /*forwards=*/true);
    Wishes ours;
    ours.local = "10.0.0.1";
    ours.remote = kOutside;
    pair.world.change_policy(pair.a, make_policy(ours));
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_TRUE(pair.world.carry(pair.a));
    EXPECT_TRUE(pair.world.carry(pair.b));
    EXPECT_TRUE(pair.a.datapath.outbound.begin()->second.encapsulation.follow_remote);
    pair.check_rest();
}

TEST(NatTest, AnEspPacketOfANewMappingMovesAllSas) {
    Translated pair(Wishes{.per_port = true});
    pair.establish(80);
    pair.establish(81);
    ASSERT_EQ(pair.b.datapath.outbound.size(), 2U);
    pair.nat.rebind();
    EXPECT_FALSE(pair.world.carry(pair.b));
    EXPECT_TRUE(pair.world.carry(pair.a));
    EXPECT_TRUE(pair.world.carry(pair.b));
    EXPECT_EQ(pair.a_seen_by_b(), pair.nat.translate(4500));
    // The main mode SA has moved too: a hears of the deletion.
    pair.world.give(pair.b, exchange::AdminDown{1, pair.nat.outside()});
    pair.world.run(60s);
    EXPECT_TRUE(pair.a.datapath.outbound.empty());
    pair.check_rest();
}

TEST(NatTest, AnIkeMessageOfANewMappingMovesAllSas) {
    for (const char* outside : {kOutside, kOtherOutside}) {
        Translated pair(Wishes{.per_port = true}, 24);
        pair.establish(80);
        pair.nat.rebind(*IpAddress::parse(outside));
        pair.acquire_at_a(81);
        pair.world.run(5s);
        EXPECT_EQ(pair.b.datapath.outbound.size(), 2U);
        EXPECT_TRUE(pair.world.carry(pair.b));
        EXPECT_EQ(pair.a_seen_by_b(), pair.nat.translate(4500));
        pair.check_rest();
    }
}

TEST(NatTest, AnotherAddressIsFollowedWherePolicyProtectsIt) {
    Translated pair({}, 24);
    pair.establish();
    pair.nat.rebind(*IpAddress::parse(kOtherOutside));
    EXPECT_TRUE(pair.world.carry(pair.a));
    EXPECT_TRUE(pair.world.carry(pair.b));
    EXPECT_EQ(pair.sent_by(pair.b).selector.remote, Prefix::host(pair.nat.outside()));
    // Rekeyed and deleted at the new address.
    pair.world.give(pair.a,
                    exchange::SaExpired{policy::Direction::kOutbound, pair.sent_by(pair.a).spi, false});
    pair.world.run(100s);
    EXPECT_EQ(pair.b.datapath.outbound.size(), 1U);
    EXPECT_TRUE(pair.world.carry(pair.b));
    pair.check_rest();
}

TEST(NatTest, AnotherAddressIsRefusedWherePolicyNamesOne) {
    Translated pair;
    pair.establish();
    pair.nat.rebind(*IpAddress::parse(kOtherOutside));
    EXPECT_TRUE(pair.world.carry(pair.a));
    EXPECT_EQ(pair.sent_by(pair.b).remote, *IpAddress::parse(kOutside));
    EXPECT_EQ(pair.warnings(pair.b), 1U);
}

TEST(NatTest, AMappingLostInTheMidstOfANegotiationIsSurvived) {
    for (std::size_t lost_after = 1; lost_after <= 8; ++lost_after) {
        Translated pair(Wishes{.suites = {{policy::Encryption::kAesGcm16, 16, policy::Integrity::kNone},
                                          {policy::Encryption::kAesGcm16, 32, policy::Integrity::kNone}}});
        std::size_t sent = 0;
        pair.world.tap = [&](const exchange::Send&) {
            if (++sent == lost_after) pair.nat.rebind();
        };
        pair.acquire_at_a();
        pair.world.run(100s);
        EXPECT_TRUE(pair.world.carry(pair.a)) << lost_after;
        EXPECT_TRUE(pair.world.carry(pair.b)) << lost_after;
        pair.check_rest();
    }
}

TEST(NatTest, RepeatedAndForgedMessagesMoveNothing) {
    Translated pair(Wishes{.per_port = true});
    std::vector<exchange::Send> sent;
    pair.world.tap = [&](const exchange::Send& message) {
        if (message.local.address == pair.a.address) sent.push_back(message);
    };
    pair.establish(80);
    pair.establish(81);
    const Endpoint before = pair.a_seen_by_b();
    for (const char* from : {kOutside, kOtherOutside}) {
        const Endpoint elsewhere{*IpAddress::parse(from), 33333};
        for (exchange::Send message : sent) {
            pair.world.deliver(elsewhere, message.remote, message.data);
            message.data.back() ^= 1;
            pair.world.deliver(elsewhere, message.remote, message.data);
        }
    }
    EXPECT_EQ(pair.a_seen_by_b(), before);
    EXPECT_TRUE(pair.world.carry(pair.b));
    pair.world.run(100s);  // what the repeated first messages have started comes to nothing
    pair.check_rest();
}

TEST(NatTest, AdoptedSasAreFollowed) {
    Translated pair;
    pair.establish();
    pair.world.restart(pair.b, /*adopt=*/true);
    pair.nat.rebind();
    EXPECT_TRUE(pair.world.carry(pair.a));
    EXPECT_TRUE(pair.world.carry(pair.b));
}

// b sees a at the NAT's address, and a itself at its own (Q5).
TEST(NatTest, TheResponderAsksForAQuickMode) {
    Translated pair(Wishes{.per_port = true});
    pair.establish(80);
    pair.acquire_at_b(443);
    pair.world.run(5s);
    EXPECT_EQ(pair.b.datapath.outbound.size(), 2U);
    EXPECT_TRUE(pair.world.carry(pair.b));
    EXPECT_TRUE(pair.b.acquires.empty());
    pair.check_rest();
}

TEST(NatTest, OnlyTheHostBehindTheNatKeepsTheMappingAlive) {
    Translated pair;
    std::size_t keepalives = 0;
    pair.establish();
    pair.world.on_keepalive = [&](const Host& host) {
        EXPECT_EQ(&host, &pair.a);
        ++keepalives;
    };
    pair.world.run(200s);
    EXPECT_EQ(keepalives, 10U);  // every 20 seconds
}

}  // namespace
}  // namespace keyline::simulation
