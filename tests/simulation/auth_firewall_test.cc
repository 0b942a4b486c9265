// The encapsulations of authenticated firewall in quick mode (MS-AIPS 3.10.4.2).
#include <gtest/gtest.h>

#include <algorithm>

#include "exchange/qm_proposal.h"
#include "simulation/pair.h"

namespace keyline::simulation {
namespace {

using policy::Mode;

bool all_firewall(const Host& host) {
    const auto firewall = [](const auto& entry) { return entry.second.mode == Mode::kAuthenticatedFirewall; };
    return !host.datapath.outbound.empty() && std::ranges::all_of(host.datapath.outbound, firewall) &&
           std::ranges::all_of(host.datapath.inbound, firewall);
}

TEST(AuthFirewallTest, TheEncapsulationsHaveTheirNumbers) {
    EXPECT_EQ(exchange::encapsulation_mode(Mode::kAuthenticatedFirewall, false), 62000);
    EXPECT_EQ(exchange::encapsulation_mode(Mode::kAuthenticatedFirewall, true), 62001);
    EXPECT_EQ(exchange::mode_of(62000, false), Mode::kAuthenticatedFirewall);
    EXPECT_EQ(exchange::mode_of(62001, true), Mode::kAuthenticatedFirewall);
    EXPECT_EQ(exchange::mode_of(62000, true), std::nullopt);
    EXPECT_EQ(exchange::mode_of(62001, false), std::nullopt);
}

TEST(AuthFirewallTest, BothSidesAgreeAndRekeyKeepsIt) {
    Pair pair(Wishes{.lifetime = {.soft_time = 60s, .hard_time = 120s}, .auth_firewall = true});
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_TRUE(all_firewall(pair.a));
    EXPECT_TRUE(all_firewall(pair.b));
    const std::uint32_t spi = pair.a.datapath.outbound.begin()->second.spi;
    pair.world.run(200s);
    EXPECT_TRUE(all_firewall(pair.a));
    EXPECT_TRUE(all_firewall(pair.b));
    EXPECT_TRUE(std::ranges::none_of(pair.a.datapath.outbound,
                                     [&](const auto& entry) { return entry.second.spi == spi; }));
    pair.check_rest();
}

// NOTIFY_ACQUIRE names the encapsulation, too.
TEST(AuthFirewallTest, AResponderMayAskForOne) {
    Pair pair(Wishes{.auth_firewall = true, .per_port = true});
    pair.acquire_at_a(80);
    pair.world.run(5s);
    pair.acquire_at_b(443);
    pair.world.run(5s);
    EXPECT_EQ(pair.b.datapath.outbound.size(), 2U);
    EXPECT_TRUE(all_firewall(pair.a));
    EXPECT_TRUE(all_firewall(pair.b));
    pair.check_rest();
}

TEST(AuthFirewallTest, BehindANat) {
    Wishes wishes{.auth_firewall = true};
    Pair pair(wishes);
    pair.world.add_nat(pair.a, "10.0.9.9");
    wishes.local = "10.0.0.2";
    wishes.remote = "10.0.9.9";
    pair.world.change_policy(pair.b, make_policy(wishes));
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_TRUE(all_firewall(pair.a));
    EXPECT_TRUE(all_firewall(pair.b));
    EXPECT_EQ(pair.a.datapath.outbound.begin()->second.encapsulation.remote_port, 4500);
    pair.check_rest();
}

TEST(AuthFirewallTest, APeerThatWantsTransportModeIsRefused) {
    PairWishes wishes = both(Wishes{});
    wishes.a.auth_firewall = true;
    Pair pair(wishes);
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_TRUE(pair.b.datapath.outbound.empty());
    EXPECT_EQ(pair.b.keyer->counters()[exchange::Reason::kNoQmProposal], 1U);
}

}  // namespace
}  // namespace keyline::simulation
