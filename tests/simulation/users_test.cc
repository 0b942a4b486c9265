// Whose credentials a negotiation is by: the machine's, a user's, or explicit ones; what the PAD says of
// them, and whose the SAs are (MS-AIPS 2.2.3.1, 3.1.1, 3.1.4.1, 3.11).
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "exchange/quick_mode.h"
#include "simulation/pair.h"
#include "simulation/reports.h"

namespace keyline::simulation {
namespace {

using policy::AuthMethod;

constexpr std::uint32_t kAlice = 1001;
constexpr std::uint32_t kBob = 1002;

Wishes wishes() { return {.extended_auth = {AuthMethod::kKerberos}}; }

// Kerberos and TLS in extended mode after Kerberos in main mode.
PairWishes two_methods() {
    PairWishes wanted = both({.extended_auth = {AuthMethod::kTls, AuthMethod::kKerberos}});
    wanted.a_methods = wanted.b_methods = {Script{}, Script{.id = auth::MethodId::kTls, .round_trips = 2}};
    return wanted;
}

exchange::MmEstablished only_established(const Host& host) {
    const auto established = reports<exchange::MmEstablished>(host);
    EXPECT_EQ(established.size(), 1U);
    return established.empty() ? exchange::MmEstablished{} : established.front();
}

void expect_refused(const Pair& pair) {
    for (const Host* host : {&pair.a, &pair.b}) {
        const auto failures = reports<exchange::NegotiationFailed>(*host);
        ASSERT_FALSE(failures.empty()) << host->name;
        EXPECT_EQ(failures.back().code, 13801U);
        EXPECT_TRUE(host->datapath.outbound.empty());
        EXPECT_TRUE(host->datapath.inbound.empty());
    }
}

// 3.11: one main mode SA for each user, and one for the machine.
TEST(UsersTest, EachHasSasOfTheirOwn) {
    Pair pair{wishes()};
    pair.acquire_at_a(80, kAlice);
    pair.acquire_at_a(80, kBob);
    pair.acquire_at_a(80);
    pair.world.run(5s);
    EXPECT_EQ(pair.a.datapath.outbound.size(), 3U);
    EXPECT_EQ(pair.b.datapath.outbound.size(), 3U);
    std::map<std::uint32_t, std::string> proved;
    for (const auto& established : reports<exchange::MmEstablished>(pair.b)) {
        EXPECT_EQ(established.extended_mode->credentials.impersonation,
                  established.impersonation_handle != 0);
        EXPECT_TRUE(established.impersonation_handle == 0 ||
                    exchange::is_peer_user(established.impersonation_handle));
        proved[established.impersonation_handle] = established.extended_mode->peer;
    }
    ASSERT_EQ(proved.size(), 3U);
    EXPECT_EQ(proved.at(0), "host/a.example.com@EXAMPLE.COM");
    std::set<std::string> names;
    for (const auto& entry : proved)
        names.insert(entry.second);
    EXPECT_TRUE(names.contains(user_name(kAlice)));
    EXPECT_TRUE(names.contains(user_name(kBob)));
    pair.check_rest();
}

TEST(UsersTest, OneWithoutCredentialsRidesOnNobodysSa) {
    PairWishes wanted = both(wishes());
    wanted.a_methods[0].users_fail_from = kBob;
    Pair pair(wanted);
    pair.acquire_at_a(80, kAlice);
    pair.world.run(5s);
    pair.acquire_at_a(80, kBob);
    pair.world.run(5s);
    EXPECT_EQ(pair.a.failed_acquires, 1U);
    ASSERT_EQ(pair.a.datapath.outbound.size(), 1U);
    EXPECT_EQ(pair.a.datapath.outbound.begin()->second.impersonation_handle, kAlice);
    pair.check_rest();
}

TEST(UsersTest, RekeyStaysWithTheUser) {
    Wishes wanted = wishes();
    wanted.lifetime = {.soft_time = 100s, .hard_time = 1000s};
    Pair pair{wanted};
    pair.acquire_at_a(80, kAlice);
    pair.acquire_at_a(80, kBob);
    pair.world.run(180s);
    const auto& current = pair.a.datapath.current;
    ASSERT_EQ(current.size(), 2U);
    EXPECT_EQ(reports<exchange::MmEstablished>(pair.a).size(), 2U);
    for (const auto& [key, spi] : current) {
        EXPECT_EQ(pair.a.datapath.outbound.at({spi, pair.b.address}).impersonation_handle, std::get<2>(key));
    }
    pair.check_rest();
}

// The responder can ask for the renewal of a user's SA, but not renew it.
TEST(UsersTest, ResponderAsksTheInitiator) {
    Pair pair{wishes()};
    pair.acquire_at_a(80, kAlice);
    pair.world.run(5s);
    const std::uint32_t spi = pair.b.datapath.outbound.begin()->first.first;
    pair.world.give(pair.b, exchange::SaExpired{policy::Direction::kOutbound, spi, false});
    pair.world.run(5s);
    EXPECT_EQ(pair.a.datapath.outbound.size(), 2U);
    for (const auto& [key, entry] : pair.a.datapath.outbound)
        EXPECT_EQ(entry.impersonation_handle, kAlice);
    pair.world.run(100s);
    EXPECT_EQ(pair.a.datapath.outbound.size(), 1U);
    pair.check_rest();
}

TEST(UsersTest, AnotherMethodProvesAUserWhomTheFirstDoesNot) {
    PairWishes wanted = two_methods();
    wanted.a_methods[1].users_fail_from = kAlice;
    Pair pair(wanted);
    pair.acquire_at_a(80, kAlice);
    pair.world.run(5s);
    for (const Host* host : {&pair.a, &pair.b}) {
        EXPECT_EQ(only_established(*host).extended_mode->method, auth::MethodId::kKerberos);
        EXPECT_TRUE(only_established(*host).extended_mode->credentials.impersonation);
        const auto failed = reports<exchange::MethodFailed>(*host);
        ASSERT_EQ(failed.size(), 1U);
        EXPECT_EQ(failed[0].method, auth::MethodId::kTls);
    }
    EXPECT_EQ(only_established(pair.b).extended_mode->peer, user_name(kAlice));
    pair.check_rest();
}

// RequireImpersonationMM: the user's credentials are main mode's own, and no extended mode follows.
TEST(UsersTest, MainModeProvesThem) {
    for (const bool name_known : {false, true}) {
        PairWishes wanted = both({.users_in_main_mode = true});
        if (name_known) wanted.a.remote_principal = "host/b.example.com@EXAMPLE.COM";
        Pair pair(wanted);
        pair.acquire_at_a(80, kAlice);
        pair.acquire_at_a(80, kBob);
        pair.acquire_at_a(80);
        pair.world.run(5s);
        std::set<std::string> peers;
        for (const auto& established : reports<exchange::MmEstablished>(pair.b)) {
            EXPECT_FALSE(established.extended_mode);
            EXPECT_EQ(established.credentials.impersonation, established.impersonation_handle != 0);
            EXPECT_EQ(established.credentials.impersonation,
                      exchange::is_peer_user(established.impersonation_handle));
            peers.insert(established.peer);
        }
        EXPECT_EQ(peers, (std::set<std::string>{user_name(kAlice), user_name(kBob),
                                                "host/a.example.com@EXAMPLE.COM"}));
        EXPECT_EQ(pair.a.datapath.outbound.size(), 3U);
        EXPECT_EQ(pair.b.datapath.outbound.size(), 3U);
        pair.check_rest();
    }
}

// The PAD names the machine: a user of another machine does not pass for it.
TEST(UsersTest, MainModeStillWantsTheNameInPolicy) {
    PairWishes wanted = both({.users_in_main_mode = true});
    wanted.b.remote_principal = "host/a.example.com@EXAMPLE.COM";
    Pair pair(wanted);
    pair.acquire_at_a(80, kAlice);
    pair.world.run(5s);
    expect_refused(pair);
    pair.acquire_at_a(80);
    pair.world.run(5s);
    EXPECT_EQ(pair.a.datapath.outbound.size(), 1U);
    pair.check_rest();
}

TEST(UsersTest, PadNamesThoseThatMayCome) {
    PairWishes wanted = both(wishes());
    wanted.b.users = {user_name(kAlice)};
    Pair pair(wanted);
    pair.acquire_at_a(80, kBob);
    pair.world.run(5s);
    expect_refused(pair);
    pair.acquire_at_a(80, kAlice);
    pair.acquire_at_a(80);
    pair.world.run(5s);
    EXPECT_EQ(pair.b.datapath.outbound.size(), 2U);
    pair.check_rest();
}

// A user whom the method does not prove is nobody.
TEST(UsersTest, MethodThatProvesNobodyIsNotEnough) {
    PairWishes wanted = two_methods();
    wanted.a.extended_auth = wanted.b.extended_auth = {AuthMethod::kTls};
    wanted.b_methods[1].proves_peer = false;
    Pair pair(wanted);
    pair.acquire_at_a(80, kAlice);
    pair.world.run(5s);
    expect_refused(pair);
    pair.acquire_at_a(80);  // the machine has been proved by main mode
    pair.world.run(5s);
    EXPECT_EQ(pair.a.datapath.outbound.size(), 1U);
    pair.check_rest();
}

// 3.8.7.1, 3.7.5.2.
TEST(ExplicitCredentialsTest, InExtendedMode) {
    PairWishes wanted = both(wishes());
    wanted.a.explicit_em = "backup";
    wanted.b.permits_explicit = true;
    Pair pair(wanted);
    pair.acquire_at_a();
    pair.acquire_at_a(80, kAlice);
    pair.world.run(5s);
    const auto established = reports<exchange::MmEstablished>(pair.b);
    ASSERT_EQ(established.size(), 2U);
    for (const auto& one : established) {
        EXPECT_EQ(one.extended_mode->peer, explicit_name("backup"));
        EXPECT_TRUE(one.extended_mode->credentials.explicit_credentials);
        EXPECT_EQ(one.extended_mode->credentials.impersonation, one.impersonation_handle != 0);
        EXPECT_FALSE(one.credentials.explicit_credentials);
    }
    EXPECT_EQ(pair.a.datapath.outbound.size(), 2U);
    pair.check_rest();
}

TEST(ExplicitCredentialsTest, InMainMode) {
    for (const bool name_known : {false, true}) {
        PairWishes wanted = both({.explicit_mm = "backup"});
        if (name_known) wanted.a.remote_principal = "host/b.example.com@EXAMPLE.COM";
        wanted.b.permits_explicit = true;
        Pair pair(wanted);
        pair.acquire_at_a();
        pair.world.run(5s);
        EXPECT_EQ(only_established(pair.b).peer, explicit_name("backup"));
        EXPECT_TRUE(only_established(pair.b).credentials.explicit_credentials);
        EXPECT_EQ(pair.b.datapath.outbound.size(), 1U);
        pair.check_rest();
    }
}

TEST(ExplicitCredentialsTest, RefusedWithoutPermission) {
    for (const bool extended : {false, true}) {
        for (const bool name_known : {false, true}) {
            PairWishes wanted = both(extended ? wishes() : Wishes{});
            (extended ? wanted.a.explicit_em : wanted.a.explicit_mm) = "backup";
            if (name_known) wanted.a.remote_principal = "host/b.example.com@EXAMPLE.COM";
            Pair pair(wanted);
            pair.acquire_at_a();
            pair.world.run(5s);
            expect_refused(pair);
            pair.check_rest();
        }
    }
}

// Policy names the peer: a method that proves nothing of it is passed over, in either role.
TEST(NamedPeerTest, MethodsThatProveNothingArePassedOver) {
    for (const bool at_initiator : {true, false}) {
        PairWishes wanted = two_methods();
        wanted.a.extended_auth = wanted.b.extended_auth = {};
        wanted.a.auth = wanted.b.auth = {AuthMethod::kTls, AuthMethod::kKerberos};
        (at_initiator ? wanted.a.remote_principal : wanted.b.remote_principal) =
            at_initiator ? "host/b.example.com@EXAMPLE.COM" : "host/a.example.com@EXAMPLE.COM";
        (at_initiator ? wanted.a_methods : wanted.b_methods)[1].proves_peer = false;
        Pair pair(wanted);
        pair.acquire_at_a();
        pair.world.run(5s);
        EXPECT_EQ(only_established(pair.a).method, auth::MethodId::kKerberos);
        pair.check_rest();
    }
}

TEST(NamedPeerTest, NothingIsLeftOfAnonymous) {
    for (const bool at_initiator : {true, false}) {
        PairWishes wanted = both({.auth = {AuthMethod::kAnonymous}, .dh_groups = {policy::DhGroup::kEcp256}});
        (at_initiator ? wanted.a.remote_principal : wanted.b.remote_principal) =
            at_initiator ? "host/b.example.com@EXAMPLE.COM" : "host/a.example.com@EXAMPLE.COM";
        Pair pair(wanted);
        pair.acquire_at_a();
        pair.world.run(5s);
        EXPECT_EQ(pair.a.failed_acquires, 1U);
        EXPECT_EQ(pair.sent_payloads().empty(), at_initiator);
        if (!at_initiator) expect_refused(pair);
        pair.check_rest();
    }
}

}  // namespace
}  // namespace keyline::simulation
