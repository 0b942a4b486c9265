// A packet asks this host for SAs while the peer's negotiation of them is under way here: it waits for that.
#include <gtest/gtest.h>

#include "exchange/quick_mode.h"
#include "simulation/pair.h"
#include "simulation/reports.h"
#include "wire/parse.h"

namespace keyline::simulation {
namespace {

using policy::Protocol;

// Quick modes of both protocols end with a message of the initiator's.
Wishes wishes(Protocol protocol) {
    Wishes wanted{.suites = {{policy::Encryption::kAesGcm16, 16, policy::Integrity::kNone},
                             {policy::Encryption::kAesCbc, 16, policy::Integrity::kHmacSha1_96}},
                  .protocols = {protocol}};
    if (protocol == Protocol::kIkev1) {
        wanted.auth = {policy::AuthMethod::kPreSharedKey};
        wanted.dh_groups = {policy::DhGroup::kEcp256};
    }
    return wanted;
}

class ExpectedTest : public testing::TestWithParam<Protocol> {
  protected:
    static bool ikev1() { return GetParam() == Protocol::kIkev1; }

    // Of what a sends, the message with this number, from 1, and as many after it.
    static void lose(Pair& pair, std::size_t number, std::size_t count = 1) {
        pair.world.swallow = [&a = pair.a, number, count,
                              sent = std::size_t{0}](const exchange::Send& message) mutable {
            if (message.local.address != a.address) return false;
            ++sent;
            return sent >= number && sent < number + count;
        };
    }
    static std::size_t last_of_main_mode() { return ikev1() ? 3 : 2; }
    static std::size_t first_of_quick_mode() { return last_of_main_mode() + 1; }
    static std::size_t last_of_quick_mode() { return first_of_quick_mode() + 1; }

    static void expect_quick_modes(const Pair& pair, std::size_t count) {
        for (const Host* host : {&pair.a, &pair.b}) {
            EXPECT_EQ(established(*host), 1U) << host->name;
            EXPECT_EQ(reports<exchange::QmEstablished>(*host).size(), count) << host->name;
            EXPECT_EQ(host->failed_acquires, 0U) << host->name;
        }
    }
    // The answer to a's packet asks b for an SA while one message of a's is lost.
    static void expect_one_quick_mode_without(std::size_t lost) {
        Pair pair{wishes(GetParam())};
        lose(pair, lost);
        pair.acquire_at_a();
        pair.world.run(1s);
        pair.acquire_at_b();
        pair.world.run(10s);
        expect_quick_modes(pair, 1);
        pair.check_rest();
    }

    // From now on a neither hears nor says anything, and knows nothing afterwards.
    static void kill_a(Pair& pair) {
        lose(pair, 0, 1000);
        pair.world.restart(pair.a, false);
    }
};

TEST_P(ExpectedTest, TheQuickModeThatAwaitsItsLastMessage) {
    expect_one_quick_mode_without(last_of_quick_mode());
}

TEST_P(ExpectedTest, TheQuickModeThatIsToFollowMainMode) {
    expect_one_quick_mode_without(first_of_quick_mode());
}

TEST_P(ExpectedTest, TheMainModeUnderWay) { expect_one_quick_mode_without(last_of_main_mode()); }

TEST_P(ExpectedTest, ALaterQuickMode) {
    Wishes wanted = wishes(GetParam());
    wanted.per_port = true;
    Pair pair{wanted};
    pair.acquire_at_a(80);
    pair.world.run(5s);
    lose(pair, 2);
    pair.acquire_at_a(443);
    pair.world.run(1s);
    pair.world.acquire(pair.b, kRule,
                       {.local = pair.b.address,
                        .remote = pair.a.address,
                        .protocol = 6,
                        .local_port = 443,
                        .remote_port = 40000});
    pair.world.run(10s);
    expect_quick_modes(pair, 2);
    pair.check_rest();
}

TEST_P(ExpectedTest, AMainModeThatServesOtherTrafficIsUsed) {
    Wishes wanted = wishes(GetParam());
    wanted.per_port = true;
    Pair pair{wanted};
    lose(pair, last_of_main_mode());
    pair.acquire_at_a(80);
    pair.world.run(1s);
    pair.acquire_at_b(443);
    pair.world.run(10s);
    expect_quick_modes(pair, 2);
    pair.check_rest();
}

TEST_P(ExpectedTest, NothingIsLostWithAPeerThatDiesInQuickMode) {
    Pair pair{wishes(GetParam())};
    lose(pair, last_of_quick_mode(), 1000);
    pair.acquire_at_a();
    pair.world.run(1s);
    pair.acquire_at_b();
    kill_a(pair);
    pair.world.run(3s);
    pair.world.swallow = nullptr;
    pair.world.run(20s);
    EXPECT_EQ(pair.b.datapath.outbound.size(), 1U);
    EXPECT_EQ(pair.b.failed_acquires, 0U);
    pair.world.run(200s);
    pair.check_rest();
}

// What looks like a main mode may be a forged message, and holds nobody up for long.
TEST_P(ExpectedTest, NothingIsLostWithAPeerThatNeverAnswers) {
    Pair pair{wishes(GetParam())};
    lose(pair, 2, 1000);
    pair.acquire_at_a();
    pair.world.run(100ms);
    pair.acquire_at_b();
    kill_a(pair);
    pair.world.run(100ms);
    pair.world.swallow = nullptr;
    pair.world.run(10s);
    EXPECT_EQ(pair.b.datapath.outbound.size(), 1U);
    EXPECT_EQ(pair.b.failed_acquires, 0U);
    pair.world.run(200s);
    pair.check_rest();
}

INSTANTIATE_TEST_SUITE_P(Protocols, ExpectedTest, testing::Values(Protocol::kAuthip, Protocol::kIkev1),
                         [](const auto& each) {
                             return std::string(each.param == Protocol::kIkev1 ? "Ikev1" : "Authip");
                         });

// MS-AIPS 3.11: its user alone can renew the SA, so nobody here could ask for it.
TEST(ExpectedOfUsersTest, TheQuickModeOfAPeersUser) {
    Wishes wanted = wishes(Protocol::kAuthip);
    wanted.users_in_main_mode = true;
    Pair pair{wanted};
    std::size_t sent = 0;
    pair.world.swallow = [&](const exchange::Send& message) {
        return message.local.address == pair.a.address && ++sent == 4;
    };
    pair.acquire_at_a(80, 1001);
    pair.world.run(1s);
    ASSERT_EQ(pair.b.datapath.inbound.size(), 1U);
    const std::uint32_t user = pair.b.datapath.inbound.begin()->second.impersonation_handle;
    ASSERT_TRUE(exchange::is_peer_user(user));
    pair.acquire_at_b(80, user);
    pair.world.run(10s);
    EXPECT_EQ(pair.b.failed_acquires, 0U);
    EXPECT_EQ(reports<exchange::QmEstablished>(pair.b).size(), 1U);
    pair.check_rest();
}

}  // namespace
}  // namespace keyline::simulation
