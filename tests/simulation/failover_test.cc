// Peers that die, start anew, or are silent: how fast their traffic is protected again
// (MS-IKEE 3.5, 3.6, 3.12).
#include <gtest/gtest.h>

#include <algorithm>

#include "simulation/pair.h"
#include "simulation/reports.h"

namespace keyline::simulation {
namespace {

using exchange::Reason;

// Traffic that the one sends arrives: the other has the SAs that are in use.
void expect_understood(const Host& sender, const Host& receiver) {
    EXPECT_FALSE(sender.datapath.current.empty());
    for (const auto& [traffic, spi] : sender.datapath.current)
        EXPECT_TRUE(receiver.datapath.inbound.contains(spi));
}

std::string first_message(const Host& host) {
    for (const auto& sent : reports<exchange::MessageSent>(host)) {
        if (sent.number == 1) return sent.payloads;
    }
    return {};
}

std::uint32_t inbound_spi(const Host& host) { return host.keyer->quick_modes(Instant{}).back().inbound_spi; }

class FailoverTest : public testing::Test {
  protected:
    // Both SAs exist and the network is quiet.
    void establish() {
        pair.acquire_at_a(80);
        pair.acquire_at_a(443);
        pair.world.run(5s);
        ASSERT_EQ(pair.a.datapath.current.size(), 2U);
    }
    void expect_recovered() {
        expect_understood(pair.a, pair.b);
        expect_understood(pair.b, pair.a);
        pair.world.run(100s);
        pair.check_rest();
    }

    Pair pair{Wishes{.per_port = true}};
};

TEST_F(FailoverTest, InitialContactTellsThatTheSasAreLost) {
    establish();
    pair.world.restart(pair.b, false);
    pair.acquire_at_b(22);
    pair.world.run(2s);
    EXPECT_EQ(pair.a.datapath.current.size(), 3U);
    EXPECT_EQ(pair.a.keyer->counters()[Reason::kRestartedPeer], 1U);
    expect_recovered();
    EXPECT_EQ(pair.a.keyer->main_modes(pair.world.now()).size(), 1U);
}

TEST_F(FailoverTest, QuickModeUnderALostMainModeIsAnsweredByAnInitialContact) {
    establish();
    pair.world.restart(pair.b, false);
    pair.acquire_at_a(22);
    pair.world.run(2s);
    EXPECT_EQ(pair.a.datapath.current.size(), 4U);  // the ports, and what b itself asked for
    EXPECT_EQ(established(pair.a), 2U);
    EXPECT_EQ(pair.b.keyer->counters()[Reason::kStray], 1U);
    expect_recovered();
}

TEST_F(FailoverTest, StrayEspIsAnsweredByAnInitialContact) {
    establish();
    pair.world.restart(pair.b, false);
    for (int i = 0; i < 10; ++i)
        pair.world.give(pair.b, exchange::StrayEsp{pair.b.address, pair.a.address});
    pair.world.run(2s);
    pair.world.give(pair.b, exchange::StrayEsp{pair.b.address, pair.a.address});
    pair.world.run(2s);
    EXPECT_EQ(pair.b.keyer->counters()[Reason::kStray], 1U);
    EXPECT_EQ(established(pair.b), 2U);  // before and after the restart
    expect_recovered();
}

TEST_F(FailoverTest, StraysOfStrangersAndLateOnesStartNothing) {
    pair.world.give(pair.b, exchange::StrayEsp{pair.b.address, *IpAddress::parse("192.0.2.1")});
    establish();
    pair.world.give(pair.b, exchange::AdminDown{1, pair.a.address});
    pair.world.run(1s);
    pair.world.give(pair.b, exchange::StrayEsp{pair.b.address, pair.a.address});
    pair.world.run(5s);
    EXPECT_EQ(pair.b.keyer->counters()[Reason::kStray], 0U);
    EXPECT_TRUE(pair.b.datapath.inbound.empty());
}

TEST_F(FailoverTest, HostThatAdoptedItsSasDoesNotDisownThem) {
    establish();
    EXPECT_EQ(first_message(pair.a), "SA, Auth, Ni, VID ×5, NATD ×2");
    pair.a.reports.clear();
    pair.world.restart(pair.a, true);
    pair.world.run(30s);
    EXPECT_EQ(first_message(pair.a), "SA, Auth, Ni, VID ×4, NATD ×2");
    EXPECT_EQ(pair.b.keyer->counters()[Reason::kRestartedPeer], 0U);
    expect_recovered();
}

// No initial contact comes: the former main mode is given up after two retransmissions.
TEST_F(FailoverTest, SilentPeerIsGivenUpSoon) {
    establish();
    pair.world.run(30s);
    pair.world.restart(pair.b, false);
    pair.world.swallow = [&](const exchange::Send& sent) {
        const bool first =
            std::all_of(sent.data.begin() + 8, sent.data.begin() + 16, [](auto o) { return o == 0; });
        return sent.local.address == pair.b.address && first;
    };
    pair.acquire_at_a(22);
    pair.world.run(13s);
    EXPECT_EQ(established(pair.a), 1U);
    pair.world.run(2s);
    pair.world.swallow = nullptr;
    EXPECT_EQ(established(pair.a), 2U);
    EXPECT_EQ(pair.a.datapath.current.size(), 3U);
    expect_recovered();
}

TEST_F(FailoverTest, UnansweredTrafficIsNegotiatedAnew) {
    establish();
    const std::uint32_t spi = inbound_spi(pair.a);
    pair.world.give(pair.a, exchange::SaQuiet{spi, 19s, 0s});
    pair.world.run(1s);
    EXPECT_EQ(pair.a.datapath.inbound.size(), 2U);
    for (int i = 0; i < 3; ++i)
        pair.world.give(pair.a, exchange::SaQuiet{spi, 20s, 0s});
    pair.world.run(1s);
    EXPECT_EQ(pair.a.datapath.inbound.size(), 3U);
    EXPECT_EQ(established(pair.a), 1U);
    EXPECT_EQ(pair.a.keyer->counters()[Reason::kSilentPeer], 1U);
    // The peer lives, so the successor is asked about later.
    const std::uint32_t successor = inbound_spi(pair.a);
    pair.world.give(pair.a, exchange::SaQuiet{successor, 39s, 0s});
    EXPECT_EQ(pair.a.keyer->counters()[Reason::kSilentPeer], 1U);
    pair.world.give(pair.a, exchange::SaQuiet{successor, 40s, 0s});
    EXPECT_EQ(pair.a.keyer->counters()[Reason::kSilentPeer], 2U);
    expect_recovered();
}

TEST_F(FailoverTest, SasOutliveADeadNetworkAndAreNewAfterIt) {
    establish();
    pair.world.run(30s);
    pair.world.network().loss = 1;
    const std::size_t sent = reports<exchange::MessageSent>(pair.a).size();
    pair.world.give(pair.a, exchange::SaQuiet{inbound_spi(pair.a), 30s, 0s});
    pair.world.run(14s);
    // The quick mode three times, the notify that ends its main mode, and a first message.
    EXPECT_EQ(reports<exchange::MessageSent>(pair.a).size(), sent + 5);
    EXPECT_EQ(pair.a.datapath.current.size(), 2U);
    pair.world.run(100s);
    EXPECT_EQ(pair.a.datapath.current.size(), 2U);
    pair.world.network().loss = 0;
    pair.world.run(60s);
    EXPECT_EQ(established(pair.a), 2U);
    expect_recovered();
}

TEST_F(FailoverTest, IdleSasAreDeleted) {
    establish();
    pair.world.give(pair.a, exchange::SaQuiet{inbound_spi(pair.a), 0s, 299s});
    EXPECT_EQ(pair.a.datapath.inbound.size(), 2U);
    pair.world.give(pair.a, exchange::SaQuiet{inbound_spi(pair.a), 0s, 300s});
    pair.world.run(1s);
    EXPECT_EQ(pair.a.datapath.inbound.size(), 1U);
    EXPECT_EQ(pair.b.datapath.inbound.size(), 1U);
    expect_recovered();
}

TEST_F(FailoverTest, SasWithAClusterAreIdleSooner) {
    auto clustered = std::make_shared<policy::Policy>(*pair.b.policy);
    clustered->keying.cluster = true;
    pair.world.change_policy(pair.b, clustered);
    establish();
    pair.world.give(pair.b, exchange::SaQuiet{inbound_spi(pair.b), 0s, 60s});
    EXPECT_EQ(pair.b.datapath.inbound.size(), 2U);
    pair.world.give(pair.a, exchange::SaQuiet{inbound_spi(pair.a), 0s, 60s});
    EXPECT_EQ(pair.a.datapath.inbound.size(), 1U);
    pair.world.run(1s);
    EXPECT_EQ(pair.b.datapath.inbound.size(), 1U);
}

TEST_F(FailoverTest, ZeroTurnsItOff) {
    for (Host* host : {&pair.a, &pair.b}) {
        auto quiet = std::make_shared<policy::Policy>(*host->policy);
        quiet->keying.dead_peer_timeout = quiet->keying.idle_timeout = 0s;
        pair.world.change_policy(*host, quiet);
    }
    establish();
    pair.world.give(pair.a, exchange::SaQuiet{inbound_spi(pair.a), 9000s, 9000s});
    pair.world.restart(pair.b, false);
    pair.world.give(pair.b, exchange::StrayEsp{pair.b.address, pair.a.address});
    pair.world.run(5s);
    EXPECT_EQ(pair.a.datapath.inbound.size(), 2U);
    EXPECT_TRUE(pair.b.datapath.inbound.empty());
}

}  // namespace
}  // namespace keyline::simulation
