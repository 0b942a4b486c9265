// Extended mode on a clean network: its messages, its keys, and everything that can be wrong in it.
#include <gtest/gtest.h>

#include "simulation/pair.h"
#include "simulation/reports.h"

namespace keyline::simulation {
namespace {

using policy::AuthMethod;
using policy::DhGroup;
using Ladder = std::vector<std::string>;

const std::vector<policy::EspSuite> kTwoSuites = {
    {policy::Encryption::kAesGcm16, 16, policy::Integrity::kNone},
    {policy::Encryption::kAesCbc, 16, policy::Integrity::kHmacSha1_96}};

Wishes wishes() { return {.extended_auth = {AuthMethod::kKerberos}}; }

PairWishes three_methods() {
    PairWishes wishes = both({.extended_auth = {AuthMethod::kTls, AuthMethod::kKerberos}});
    wishes.a_methods = wishes.b_methods = {Script{}, Script{.id = auth::MethodId::kTls, .round_trips = 2},
                                           Script{.id = auth::MethodId::kNtlm}};
    return wishes;
}

exchange::MmSnapshot only_main_mode(const Pair& pair, const Host& host) {
    const auto main_modes = host.keyer->main_modes(pair.world.now());
    EXPECT_EQ(main_modes.size(), 1U);
    return main_modes.empty() ? exchange::MmSnapshot{} : main_modes.front();
}

void expect_failure(const Pair& pair, const Host& host, std::uint32_t code, exchange::Stage stage) {
    const auto failures = reports<exchange::NegotiationFailed>(host);
    ASSERT_EQ(failures.size(), 1U);
    EXPECT_EQ(failures[0].code, code);
    EXPECT_EQ(failures[0].stage, stage);
    EXPECT_TRUE(host.keyer->main_modes(pair.world.now()).empty());
    EXPECT_TRUE(host.datapath.inbound.empty());
    EXPECT_TRUE(host.datapath.outbound.empty());
}

// Figure 32.
TEST(ExtendedModeTest, FollowsAFastQuickMode) {
    Pair pair{wishes()};
    pair.acquire_at_a();
    pair.world.run(5s);
    const Ladder ladder = pair.sent_payloads();
    EXPECT_EQ(Ladder(ladder.begin() + 4, ladder.end()),
              (Ladder{"#5* HAuth1, IDi, IDr, SA, Ni(qm)", "#6* HAuth2, IDi, IDr, SA", "#7* Auth",
                      "#8* Auth, GSS_ID", "#9* GSS-API", "#10* GSS-API", "#11* HAuth3", "#12* HAuth4"}));
    for (const Host* host : {&pair.a, &pair.b}) {
        const auto mm = only_main_mode(pair, *host);
        EXPECT_EQ(mm.state, "Extended Mode Complete");
        ASSERT_TRUE(mm.extended_mode);
        EXPECT_EQ(mm.extended_mode->method, auth::MethodId::kKerberos);
        EXPECT_FALSE(mm.extended_mode->credentials.impersonation);
    }
    EXPECT_EQ(pair.a.datapath.outbound.size(), 1U);
    pair.check_rest();
}

TEST(ExtendedModeTest, FollowsANormalQuickMode) {
    Wishes normal = wishes();
    normal.suites = kTwoSuites;
    Pair pair{normal};
    pair.acquire_at_a();
    pair.world.run(5s);
    const Ladder ladder = pair.sent_payloads();
    ASSERT_EQ(ladder.size(), 14U);
    EXPECT_EQ(ladder[7], "#8* Notify(qm_synchronize)");
    EXPECT_EQ(ladder[8], "#9* Auth");
    EXPECT_EQ(pair.b.datapath.outbound.size(), 1U);
    pair.check_rest();
}

// Item 29: the initiator installs inbound before Auth3 and outbound on Auth4, the responder both before
// Auth4.
TEST(ExtendedModeTest, NothingIsInstalledBeforeIt) {
    Pair pair{wishes()};
    std::vector<std::pair<std::size_t, std::size_t>>
        installed;  // in, out of the sender, with every message sent
    pair.world.tap = [&](const exchange::Send& message) {
        const Host& sender = message.local.address == pair.a.address ? pair.a : pair.b;
        installed.emplace_back(sender.datapath.inbound.size(), sender.datapath.outbound.size());
    };
    pair.acquire_at_a();
    pair.world.run(5s);
    ASSERT_EQ(installed.size(), 12U);
    for (std::size_t i = 0; i < 10; ++i)
        EXPECT_EQ(installed[i], std::pair(std::size_t{0}, std::size_t{0})) << "message " << i + 1;
    EXPECT_EQ(installed[10], std::pair(std::size_t{1}, std::size_t{0}));
    EXPECT_EQ(installed[11], std::pair(std::size_t{1}, std::size_t{1}));
}

// Q8: it runs once; later quick modes have SKEYID_em in their keys.
TEST(ExtendedModeTest, RunsOncePerMainModeSa) {
    Wishes per_port = wishes();
    per_port.per_port = true;
    Pair pair{per_port};
    pair.acquire_at_a(80);
    pair.world.run(5s);
    pair.acquire_at_a(443);
    pair.acquire_at_b(22);
    pair.world.run(5s);
    EXPECT_EQ(reports<exchange::EmProposed>(pair.a).size(), 1U);
    EXPECT_EQ(reports<exchange::MmEstablished>(pair.a).size(), 1U);
    EXPECT_EQ(pair.a.datapath.outbound.size(), 3U);
    pair.check_rest();
}

TEST(ExtendedModeTest, WithDiffieHellmanAndPfs) {
    Wishes wanted = wishes();
    wanted.dh_groups = {DhGroup::kEcp256};
    wanted.pfs = DhGroup::kEcp256;
    Pair pair{wanted};
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_EQ(pair.a.datapath.outbound.size(), 1U);
    pair.check_rest();
}

// Q10: dictated keys follow the proofs of extended mode, and not those of the quick mode.
TEST(ExtendedModeTest, CarriesDictatedKeys) {
    for (const bool at_initiator : {true, false}) {
        PairWishes wanted = both(wishes());
        wanted.a.key_dictation_weight = at_initiator ? 9 : 1;
        wanted.b.key_dictation_weight = at_initiator ? 1 : 9;
        Pair pair(wanted);
        pair.acquire_at_a();
        pair.world.run(5s);
        Ladder dictating;
        for (const std::string& message : pair.sent_payloads()) {
            if (message.find("KeyDict") != std::string::npos) dictating.push_back(message);
        }
        EXPECT_EQ(dictating, (Ladder{at_initiator ? "#13* HAuth3, KeyDict(In), KeyDict(Out)"
                                                  : "#14* HAuth4, KeyDict(In), KeyDict(Out)"}));
        EXPECT_EQ(pair.a.datapath.outbound.size(), 1U);
        pair.check_rest();
    }
}

// Figure 33: TLS, Kerberos, NTLM are offered, the first two chosen, TLS fails, Kerberos succeeds.
TEST(ExtendedModeTest, RetriesWithTheNextMethod) {
    for (const unsigned step : {1U, 2U}) {
        PairWishes wishes = three_methods();
        wishes.a.extended_auth.push_back(AuthMethod::kNtlm);
        wishes.a.dh_groups = wishes.b.dh_groups = {DhGroup::kEcp256};
        wishes.b_methods[1].acceptor_fails_at = step;
        Pair pair(wishes);
        pair.acquire_at_a();
        pair.world.run(5s);
        const auto offered = reports<exchange::EmProposed>(pair.b).at(0).methods;
        const auto chosen = reports<exchange::EmChosen>(pair.a).at(0).methods;
        EXPECT_EQ(offered.size(), 3U);
        EXPECT_EQ(chosen, (std::vector{auth::MethodId::kTls, auth::MethodId::kKerberos}));
        EXPECT_EQ(only_main_mode(pair, pair.a).extended_mode->method, auth::MethodId::kKerberos);
        EXPECT_EQ(only_main_mode(pair, pair.b).extended_mode->method, auth::MethodId::kKerberos);
        EXPECT_TRUE(reports<exchange::MethodFailed>(pair.a).at(0).extended_mode);
        pair.check_rest();
    }
}

TEST(ExtendedModeTest, FailureEndsMainModeAndQuickMode) {
    for (const bool at_initiator : {true, false}) {
        PairWishes wishes = three_methods();
        for (const unsigned i : {0U, 1U}) {
            Script& script = at_initiator ? wishes.a_methods[i] : wishes.b_methods[i];
            if (i == 1) (at_initiator ? script.initiator_fails_at : script.acceptor_fails_at) = 1;
        }
        wishes.a.extended_auth = wishes.b.extended_auth = {AuthMethod::kTls};
        Pair pair(wishes);
        pair.acquire_at_a();
        pair.world.run(5s);
        expect_failure(pair, pair.a, 13801, exchange::Stage::kExtendedMode);
        expect_failure(pair, pair.b, 13801, exchange::Stage::kExtendedMode);
        EXPECT_EQ(pair.a.failed_acquires, 1U);
        pair.check_rest();
    }
}

// Q8.
TEST(ExtendedModeTest, ResponderWithoutPolicyForItTearsDown) {
    PairWishes wishes = both({});
    wishes.a.extended_auth = {AuthMethod::kKerberos};
    Pair pair(wishes);
    pair.acquire_at_a();
    pair.world.run(5s);
    expect_failure(pair, pair.a, 13829, exchange::Stage::kExtendedMode);
    expect_failure(pair, pair.b, 13829, exchange::Stage::kExtendedMode);
    pair.check_rest();
}

TEST(ExtendedModeTest, ResponderThatWaitsForItInVainGivesUp) {
    PairWishes wishes = both({});
    wishes.b.extended_auth = {AuthMethod::kKerberos};
    Pair pair(wishes);
    pair.acquire_at_a();
    pair.world.run(90s);
    EXPECT_TRUE(pair.a.datapath.outbound.empty());
    EXPECT_TRUE(pair.b.datapath.inbound.empty());
    pair.check_rest();
}

// The initiator's traffic, which needs no extended mode, tells the responder long before the time-out.
TEST(ExtendedModeTest, ResponderLearnsFromTrafficThatItWillNotCome) {
    PairWishes wishes = both({});
    wishes.b.extended_auth = {AuthMethod::kKerberos};
    Pair pair(wishes);
    pair.acquire_at_a();
    pair.world.run(1s);
    EXPECT_EQ(pair.a.datapath.outbound.size(), 1U);
    pair.world.give(pair.b, exchange::StrayEsp{pair.b.address, pair.a.address});
    pair.world.run(6s);
    EXPECT_EQ(reports<exchange::NegotiationFailed>(pair.b).at(0).code, 13801U);
    EXPECT_TRUE(pair.a.datapath.outbound.empty());
    EXPECT_TRUE(pair.b.datapath.inbound.empty());
    pair.check_rest();
}

// ESP can be forged: a first request that is lost is still waited for.
TEST(ExtendedModeTest, StrayEspDoesNotEndOneThatComes) {
    Pair pair{wishes()};
    std::size_t sent = 0;
    pair.world.swallow = [&](const exchange::Send&) { return ++sent == 7; };
    pair.acquire_at_a();
    pair.world.after(1s, [&] {
        pair.world.give(pair.b, exchange::StrayEsp{pair.b.address, pair.a.address});
    });
    pair.world.run(20s);
    EXPECT_EQ(pair.a.datapath.outbound.size(), 1U);
    pair.check_rest();
}

TEST(ExtendedModeTest, NoCommonMethod) {
    PairWishes wishes = three_methods();
    wishes.a.extended_auth = {AuthMethod::kKerberos};
    wishes.b.extended_auth = {AuthMethod::kTls};
    Pair pair(wishes);
    pair.acquire_at_a();
    pair.world.run(5s);
    expect_failure(pair, pair.b, 13801, exchange::Stage::kExtendedMode);
    pair.check_rest();
}

TEST(ExtendedModeTest, SilenceInItEndsBothSides) {
    for (const std::size_t messages : {7U, 8U, 10U, 11U}) {
        Pair pair{wishes()};
        std::size_t sent = 0;
        pair.world.swallow = [&](const exchange::Send&) { return ++sent >= messages; };
        pair.acquire_at_a();
        pair.world.run(200s);
        EXPECT_EQ(reports<exchange::NegotiationFailed>(pair.a).at(0).code, 13805U);
        EXPECT_TRUE(pair.a.datapath.inbound.empty());
        EXPECT_TRUE(pair.b.datapath.inbound.empty());
        pair.world.swallow = nullptr;
        pair.acquire_at_a();
        pair.world.run(100s);
        EXPECT_EQ(pair.a.datapath.outbound.size(), 1U);
        pair.check_rest();
    }
}

}  // namespace
}  // namespace keyline::simulation
