// Single conversations on a clean network: what is sent, in which order, and what comes of it.
#include <gtest/gtest.h>

#include <algorithm>

#include "simulation/pair.h"
#include "simulation/reports.h"

namespace keyline::simulation {
namespace {

using policy::AuthMethod;
using policy::DhGroup;
using policy::Encryption;
using policy::Integrity;
using Ladder = std::vector<std::string>;

const std::vector<policy::EspSuite> kTwoSuites = {{Encryption::kAesGcm16, 16, Integrity::kNone},
                                                  {Encryption::kAesCbc, 16, Integrity::kHmacSha1_96}};

TEST(LadderTest, FastQuickModeTakesSixMessages) {
    Pair pair{Wishes{}};
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_EQ(
        pair.sent_payloads(),
        (Ladder{"#1 SA, Auth, Ni, VID ×5, NATD ×2", "#2 SA, Auth, Nr, Nr(qm), VID ×5, NATD ×2, GSS_ID",
                "#3 GSS-API", "#4 GSS-API", "#5* HAuth1, IDi, IDr, SA, Ni(qm)", "#6* HAuth2, IDi, IDr, SA"}));
    EXPECT_EQ(pair.a.datapath.outbound.size(), 1U);
    EXPECT_EQ(pair.b.datapath.outbound.size(), 1U);
    EXPECT_EQ(reports<exchange::MmEstablished>(pair.a).at(0).peer, "host/b.example.com@EXAMPLE.COM");
    EXPECT_EQ(reports<exchange::MmEstablished>(pair.b).at(0).peer, "host/a.example.com@EXAMPLE.COM");
    pair.check_rest();
}

TEST(KeyExportTest, KeysLeaveTheKeyerOnlyWhereAskedFor) {
    PairWishes wishes = both({});
    wishes.b.key_export = "/keys";
    Pair pair(wishes);
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_TRUE(pair.a.exported.empty());
    ASSERT_EQ(pair.b.exported.size(), 1U);
    const exchange::ExportMmKeys& keys = pair.b.exported[0];
    EXPECT_EQ(keys.proposal.to_string(), "aes-cbc-256/sha2-256");
    EXPECT_EQ(keys.encryption_key.size(), 32U);
    EXPECT_EQ(keys.integrity_key.size(), 32U);
    EXPECT_EQ(keys.icv_octets, 16U);
    pair.check_rest();
}

TEST(LadderTest, NormalQuickModeTakesEight) {
    Pair pair(Wishes{.suites = kTwoSuites});
    pair.acquire_at_a();
    pair.world.run(5s);
    const Ladder ladder = pair.sent_payloads();
    ASSERT_EQ(ladder.size(), 8U);
    EXPECT_EQ(ladder[6], "#7* Notify(qm_synchronize)");
    EXPECT_EQ(ladder[7], "#8* Notify(qm_synchronize)");
    pair.check_rest();
}

TEST(LadderTest, PerfectForwardSecrecyMakesItNormal) {
    Pair pair(Wishes{.pfs = DhGroup::kEcp256});
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_EQ(pair.sent_payloads().at(4), "#5* HAuth1, IDi, IDr, SA, Ni(qm), KE");
    EXPECT_EQ(pair.sent_payloads().size(), 8U);
    pair.check_rest();
}

TEST(LadderTest, KnownNameSavesARoundTrip) {
    PairWishes wishes = both({});
    wishes.a.remote_principal = "host/b.example.com@EXAMPLE.COM";
    Pair pair(wishes);
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_EQ(pair.sent_payloads(), (Ladder{"#1 SA, Auth, Ni, VID ×5, NATD ×2, GSS-API",
                                            "#2 SA, Auth, Nr, Nr(qm), VID ×5, NATD ×2, GSS-API",
                                            "#3* HAuth1, IDi, IDr, SA, Ni(qm)", "#4* HAuth2, IDi, IDr, SA"}));
    pair.check_rest();
}

TEST(LadderTest, AnonymousNeedsDiffieHellman) {
    Pair pair(Wishes{.auth = {AuthMethod::kAnonymous}, .dh_groups = {DhGroup::kEcp256}});
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_EQ(pair.sent_payloads().at(0), "#1 SA, Auth, Ni, VID ×5, NATD ×2, KE");
    EXPECT_EQ(pair.sent_payloads().at(1), "#2 SA, Auth, Nr, Nr(qm), VID ×5, NATD ×2, GSS_ID, KE");
    EXPECT_EQ(pair.a.datapath.outbound.size(), 1U);
    pair.check_rest();
}

TEST(LadderTest, SecondQuickModeUsesTheSameMainMode) {
    Pair pair(Wishes{.per_port = true});
    pair.acquire_at_a(80);
    pair.acquire_at_a(80);
    pair.acquire_at_a(443);
    pair.world.run(5s);
    EXPECT_EQ(established(pair.a), 1U);
    EXPECT_EQ(pair.a.datapath.outbound.size(), 2U);
    EXPECT_EQ(pair.sent_payloads().at(6), "#7* IDi, IDr, SA, Ni(qm)");
    EXPECT_EQ(pair.sent_payloads().at(7), "#8* IDi, IDr, SA, Nr(qm)");
    pair.check_rest();
}

TEST(LadderTest, ResponderAsksTheInitiatorForAQuickMode) {
    Pair pair(Wishes{.per_port = true});
    pair.acquire_at_a(80);
    pair.world.run(5s);
    pair.acquire_at_b(443);
    pair.world.run(5s);
    EXPECT_TRUE(sent_notify(pair.b, "Notify(ACQUIRE), IDi, IDr"));
    EXPECT_EQ(established(pair.a) + established(pair.b), 2U);  // one main mode SA, seen from both sides
    EXPECT_EQ(pair.b.datapath.outbound.size(), 2U);
    pair.check_rest();
}

TEST(ModeTest, TunnelAndIpv6) {
    Pair tunnel(Wishes{.tunnel = true});
    tunnel.acquire_at_a();
    tunnel.world.run(5s);
    ASSERT_EQ(tunnel.a.datapath.outbound.size(), 1U);
    EXPECT_EQ(tunnel.a.datapath.outbound.begin()->second.mode, policy::Mode::kTunnel);
    tunnel.check_rest();

    Pair six(Wishes{}, 1, "2001:db8::1", "2001:db8::2");
    six.acquire_at_a();
    six.world.run(5s);
    EXPECT_EQ(six.a.datapath.outbound.size(), 1U);
    EXPECT_EQ(six.sent_payloads().at(0), "#1 SA, Auth, Ni, VID ×5");  // item 13: no NAT-D
    six.check_rest();
}

class MethodTest : public testing::Test {
  protected:
    static PairWishes two_methods() {
        PairWishes wishes = both({.auth = {AuthMethod::kKerberos, AuthMethod::kTls}});
        wishes.a_methods =
            wishes.b_methods = {Script{}, Script{.id = auth::MethodId::kTls, .round_trips = 2}};
        return wishes;
    }
    static void expect_method(const PairWishes& wishes, auth::MethodId method) {
        Pair pair(wishes);
        pair.acquire_at_a();
        pair.world.run(5s);
        ASSERT_EQ(established(pair.a), 1U);
        EXPECT_EQ(reports<exchange::MmEstablished>(pair.a).at(0).method, method);
        EXPECT_EQ(reports<exchange::MmEstablished>(pair.b).at(0).method, method);
        pair.check_rest();
    }
};

TEST_F(MethodTest, WalksTheListWhereverOneFails) {
    expect_method(two_methods(), auth::MethodId::kKerberos);
    for (const unsigned step : {1U, 2U}) {
        PairWishes wishes = two_methods();
        wishes.a_methods[0].initiator_fails_at = step;
        expect_method(wishes, auth::MethodId::kTls);
    }
    PairWishes wishes = two_methods();
    wishes.b_methods[0].acceptor_fails_at = 1;
    expect_method(wishes, auth::MethodId::kTls);
    wishes.a.remote_principal = "host/b.example.com@EXAMPLE.COM";  // with the token in #1
    expect_method(wishes, auth::MethodId::kTls);
}

TEST_F(MethodTest, ExhaustedMethodsFailBothSides) {
    for (const bool at_initiator : {true, false}) {
        PairWishes wishes = two_methods();
        for (unsigned i : {0U, 1U}) {
            at_initiator ? wishes.a_methods[i].initiator_fails_at = 1
                         : wishes.b_methods[i].acceptor_fails_at = 1;
        }
        Pair pair(wishes);
        pair.acquire_at_a();
        pair.world.run(5s);
        for (const Host* host : {&pair.a, &pair.b}) {
            const auto failures = reports<exchange::NegotiationFailed>(*host);
            ASSERT_EQ(failures.size(), 1U);
            EXPECT_EQ(failures[0].code, 13801U);
            EXPECT_EQ(failures[0].stage, exchange::Stage::kAuthentication);
        }
        pair.check_rest();
    }
}

TEST_F(MethodTest, EveryCredentialIsTriedAndWhatFailedIsShown) {
    PairWishes wishes = two_methods();
    wishes.a_methods[0].credentials = wishes.b_methods[0].credentials = 3;
    wishes.a_methods[0].bad_credentials = 2;
    wishes.b_methods[0].bad_credentials = 1;
    Pair pair(wishes);
    pair.acquire_at_a();
    pair.world.run(5s);
    for (const Host* host : {&pair.a, &pair.b}) {
        const auto shown = host->keyer->main_modes(pair.world.now());
        ASSERT_EQ(shown.size(), 1U);
        EXPECT_EQ(shown[0].method, auth::MethodId::kKerberos);
        for (const exchange::MethodFailed& failure : shown[0].failed_methods)
            EXPECT_EQ(failure.method, auth::MethodId::kKerberos);
    }
    EXPECT_EQ(pair.a.keyer->main_modes(pair.world.now())[0].failed_methods.size(), 3U);
    pair.check_rest();
}

TEST_F(MethodTest, ANegotiationThatFailedIsShownForAWhile) {
    PairWishes wishes = two_methods();
    for (const unsigned i : {0U, 1U})
        wishes.b_methods[i].acceptor_fails_at = 1;
    Pair pair(wishes);
    pair.acquire_at_a();
    pair.world.run(5s);
    const auto shown = pair.a.keyer->main_modes(pair.world.now());
    ASSERT_FALSE(shown.empty());
    EXPECT_FALSE(shown.back().established);
    EXPECT_FALSE(shown.back().failed_methods.empty());
    pair.world.run(90s);
    EXPECT_TRUE(pair.a.keyer->main_modes(pair.world.now()).empty());
    pair.check_rest();
}

TEST_F(MethodTest, WrongPrincipalIsRefused) {
    PairWishes wishes = both({});
    wishes.b.remote_principal = "host/other.example.com@EXAMPLE.COM";
    Pair pair(wishes);
    pair.acquire_at_a();
    pair.world.run(90s);
    EXPECT_EQ(established(pair.a) + established(pair.b), 0U);
    EXPECT_EQ(reports<exchange::NegotiationFailed>(pair.b).at(0).code, 13801U);
    pair.check_rest();
}

TEST(RefusedTest, NoMainModeProposal) {
    PairWishes wishes = both({});
    wishes.b.dh_groups = {DhGroup::kEcp256};
    Pair pair(wishes);
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_EQ(reports<exchange::NegotiationFailed>(pair.a).at(0).code, 13868U);
    EXPECT_EQ(reports<exchange::NegotiationFailed>(pair.a).at(0).by, exchange::By::kPeer);
    pair.check_rest();
}

TEST(RefusedTest, NoQuickModeProposal) {
    PairWishes wishes = both({});
    wishes.b.suites = {{Encryption::kAesCbc, 32, Integrity::kHmacSha256_128}};
    Pair pair(wishes);
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_TRUE(sent_notify(pair.b, "Notify(NO-PROPOSAL-CHOSEN)"));
    EXPECT_EQ(reports<exchange::NegotiationFailed>(pair.a).at(0).stage, exchange::Stage::kQuickMode);
    EXPECT_EQ(pair.a.keyer->main_modes(pair.world.now()).size(), 0U);  // S9
    EXPECT_EQ(pair.b.keyer->main_modes(pair.world.now()).size(), 0U);
    pair.check_rest();
}

TEST(RefusedTest, SelectorsThatNoRuleCovers) {
    PairWishes wishes = both({});
    wishes.b.tunnel = true;
    Pair pair(wishes);
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_EQ(reports<exchange::NegotiationFailed>(pair.b).at(0).code, 13869U);
    pair.check_rest();
}

TEST(TimerTest, FirstMessageIsSentFourTimesInAll) {
    Pair pair{Wishes{}};
    std::vector<std::chrono::seconds> moments;
    const Instant start = pair.world.now();
    pair.world.swallow = [&](const exchange::Send&) {
        moments.push_back(std::chrono::duration_cast<std::chrono::seconds>(pair.world.now() - start));
        return true;
    };
    pair.acquire_at_a();
    pair.world.run(29s);
    EXPECT_TRUE(reports<exchange::NegotiationFailed>(pair.a).empty());
    pair.world.run(2s);
    EXPECT_EQ(moments, (std::vector<std::chrono::seconds>{0s, 2s, 6s, 14s}));
    EXPECT_EQ(reports<exchange::NegotiationFailed>(pair.a).at(0).reason, exchange::Reason::kTimeout);
    pair.check_rest();
}

TEST(TimerTest, RekeyOverlapsAndLosesNothing) {
    Pair pair(Wishes{.lifetime = {.soft_time = 100s, .hard_time = 200s}});
    pair.acquire_at_a();
    pair.world.run(99s);
    EXPECT_EQ(pair.a.datapath.inbound.size(), 1U);
    pair.world.run(3s);
    EXPECT_EQ(pair.a.datapath.inbound.size(), 2U);
    EXPECT_EQ(pair.b.datapath.outbound.size(), 2U);
    EXPECT_TRUE(reports<exchange::QmEstablished>(pair.a).at(1).rekey);
    pair.world.run(60s);
    EXPECT_EQ(pair.a.datapath.inbound.size(), 1U);
    EXPECT_EQ(established(pair.a), 1U);
    pair.world.run(3000s);
    EXPECT_FALSE(pair.a.datapath.current.empty());
    pair.check_rest();
}

TEST(TimerTest, SoftLimitOfTheResponderAsksForTheRekey) {
    Pair pair{Wishes{}};
    pair.acquire_at_a();
    pair.world.run(5s);
    const std::uint32_t spi = pair.b.datapath.outbound.begin()->first.first;
    pair.world.give(pair.b, exchange::SaExpired{policy::Direction::kOutbound, spi, false});
    pair.world.run(5s);
    EXPECT_TRUE(sent_notify(pair.b, "Notify(ACQUIRE), IDi, IDr"));
    EXPECT_EQ(pair.b.datapath.outbound.size(), 2U);
    pair.world.run(100s);
    EXPECT_EQ(pair.b.datapath.outbound.size(), 1U);
    pair.check_rest();
}

// What one host limits alone, the other learns when it begins the next quick mode.
TEST(TimerTest, MainModeLifetimeOfOneSideIsThatOfBoth) {
    for (const Wishes& limit : {Wishes{.mm_lifetime = 60s}, Wishes{.mm_lifetime_octets = 2048}}) {
        for (const bool by_initiator : {true, false}) {
            Wishes rekeyed{.lifetime = {.soft_time = 100s, .hard_time = 200s}};
            Wishes limited = limit;
            limited.lifetime = rekeyed.lifetime;
            Pair pair(PairWishes{.a = by_initiator ? limited : rekeyed,
                                 .b = by_initiator ? rekeyed : limited,
                                 .a_methods = {Script{}},
                                 .b_methods = {Script{}}});
            pair.acquire_at_a();
            pair.world.run(30min);
            EXPECT_GE(established(pair.a), 3U);
            EXPECT_LE(established(pair.a), 19U);
            EXPECT_TRUE(reports<exchange::NegotiationFailed>(pair.a).empty());
            EXPECT_TRUE(reports<exchange::Warning>(pair.a).empty());
            EXPECT_FALSE(pair.a.datapath.current.empty());
            pair.check_rest();
        }
    }
}

TEST(TimerTest, MainModeLifetimeEndsNewQuickModesOnly) {
    Pair pair(Wishes{.mm_lifetime = 60s, .per_port = true});
    pair.acquire_at_a(80);
    pair.world.run(70s);
    EXPECT_EQ(pair.a.datapath.outbound.size(), 1U);  // M15
    pair.acquire_at_a(443);
    pair.world.run(5s);
    EXPECT_EQ(pair.a.datapath.outbound.size(), 2U);
    EXPECT_EQ(established(pair.a), 2U);
    pair.check_rest();
}

TEST(RestartTest, AdoptedSasAreRenegotiated) {
    Pair pair{Wishes{}};
    pair.acquire_at_a();
    pair.world.run(5s);
    pair.world.restart(pair.a, true);
    EXPECT_EQ(pair.a.datapath.current.size(), 1U);
    pair.world.run(30s);
    EXPECT_EQ(pair.a.datapath.outbound.size(), 2U);
    pair.world.run(100s);
    EXPECT_EQ(pair.a.datapath.outbound.size(), 1U);
    pair.check_rest();
}

TEST(RestartTest, AdoptedSasThatPolicyForbidsAreRemoved) {
    Pair pair{Wishes{}};
    pair.acquire_at_a();
    pair.world.run(5s);
    auto changed = std::make_shared<policy::Policy>(*pair.a.policy);
    changed->rules.front().action = policy::RuleAction::kBlock;
    pair.a.policy = changed;
    pair.world.restart(pair.a, true);
    EXPECT_TRUE(pair.a.datapath.inbound.empty());
    EXPECT_TRUE(pair.a.datapath.outbound.empty());
    EXPECT_TRUE(pair.a.keyer->quick_modes(pair.world.now()).empty());
}

TEST(RestartTest, PeerThatForgotEverythingIsFoundAgain) {
    Pair pair(Wishes{.per_port = true});
    pair.acquire_at_a(80);
    pair.world.run(5s);
    pair.world.restart(pair.b, false);
    pair.acquire_at_a(443);
    pair.world.run(100s);
    EXPECT_EQ(pair.b.datapath.inbound.size(), 3U);  // the ports, and what b itself asked for
    EXPECT_EQ(established(pair.a), 2U);
    pair.check_rest();
}

TEST(AdminTest, UpAndDown) {
    Pair pair{Wishes{}};
    pair.world.give(pair.a, exchange::AdminUp{5, pair.b.address});
    pair.world.run(5s);
    ASSERT_EQ(reports<exchange::AdminDone>(pair.a).size(), 1U);
    EXPECT_TRUE(reports<exchange::AdminDone>(pair.a)[0].ok);
    EXPECT_EQ(reports<exchange::AdminDone>(pair.a)[0].request, 5U);
    pair.world.give(pair.b, exchange::AdminDown{6, pair.b.datapath.inbound.begin()->first});
    pair.world.run(5s);
    EXPECT_TRUE(pair.a.datapath.inbound.empty());
    EXPECT_EQ(pair.a.keyer->main_modes(pair.world.now()).size(), 1U);
    pair.world.give(pair.b, exchange::AdminDown{7, pair.a.address});
    pair.world.run(5s);
    EXPECT_TRUE(pair.a.keyer->main_modes(pair.world.now()).empty());
    pair.world.give(pair.a, exchange::AdminUp{8, *IpAddress::parse("192.0.2.99")});
    EXPECT_FALSE(reports<exchange::AdminDone>(pair.a).back().ok);
    pair.check_rest();
}

TEST(AdminTest, PolicyChangeDeletesWhatItForbids) {
    Pair pair{Wishes{}};
    pair.acquire_at_a();
    pair.world.run(5s);
    auto changed = std::make_shared<policy::Policy>(*pair.a.policy);
    changed->rules.front().action = policy::RuleAction::kBlock;
    pair.world.change_policy(pair.a, changed);
    pair.world.run(5s);
    EXPECT_TRUE(pair.a.datapath.outbound.empty());
    EXPECT_TRUE(pair.b.datapath.outbound.empty());
    pair.check_rest();
}

TEST(AdminTest, UnchangedPolicyKeepsEverything) {
    Pair pair{Wishes{}};
    pair.acquire_at_a();
    pair.world.run(5s);
    pair.world.change_policy(pair.a, std::make_shared<policy::Policy>(*pair.a.policy));
    pair.world.run(5s);
    EXPECT_EQ(pair.a.datapath.outbound.size(), 1U);
    EXPECT_EQ(pair.world.installs(), 4U);
    pair.check_rest();
}

TEST(AdminTest, ShutdownTellsThePeerAndEnds) {
    Pair pair(Wishes{.per_port = true});
    pair.acquire_at_a(80);
    pair.acquire_at_a(443);
    pair.world.run(5s);
    pair.world.give(pair.a, exchange::Shutdown{});
    pair.world.run(5s);
    EXPECT_TRUE(pair.a.shut_down);
    EXPECT_TRUE(pair.b.datapath.inbound.empty());
    EXPECT_TRUE(pair.b.keyer->main_modes(pair.world.now()).empty());
    pair.check_rest();
}

TEST(AdminTest, ShutdownDoesNotWaitForADeadPeer) {
    Pair pair{Wishes{}};
    pair.acquire_at_a();
    pair.world.run(5s);
    pair.world.network().loss = 1;
    pair.world.give(pair.a, exchange::Shutdown{});
    pair.world.run(5s);
    EXPECT_FALSE(pair.a.shut_down);
    pair.world.run(2s);
    EXPECT_TRUE(pair.a.shut_down);  // one retransmission, 2 and 4 seconds
}

TEST(AdminTest, GoneAddressTakesItsSasAlong) {
    Pair pair{Wishes{}};
    pair.acquire_at_a();
    pair.world.run(5s);
    pair.world.give(pair.a, exchange::AddressGone{pair.a.address});
    pair.world.run(5s);
    EXPECT_TRUE(pair.a.datapath.inbound.empty());
    EXPECT_TRUE(pair.b.datapath.inbound.empty());
}

TEST(CrossingTest, BothSidesAtOnceStayUpForAllTime) {
    Pair pair(Wishes{.lifetime = {.soft_time = 100s, .hard_time = 200s}});
    pair.acquire_at_a();
    pair.acquire_at_b();
    pair.world.run(5s);
    for (int i = 0; i < 100; ++i) {
        pair.world.run(20s);
        EXPECT_FALSE(pair.a.datapath.current.empty());
        EXPECT_FALSE(pair.b.datapath.current.empty());
        pair.check_rest();
    }
}

}  // namespace
}  // namespace keyline::simulation
