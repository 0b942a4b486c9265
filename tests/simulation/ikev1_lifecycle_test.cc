// What befalls IKEv1's SAs once they exist: peers that die (RFC 3706), lost deletes (MS-IKEE 3.8), paths that
// lose large messages (MS-IKEE 3.3), NATs (MS-IKEE 3.2).
#include <gtest/gtest.h>

#include <algorithm>

#include "simulation/middlebox.h"
#include "simulation/pair.h"
#include "simulation/reports.h"
#include "simulation/translated.h"
#include "wire/parse.h"
#include "wire/vendor_ids.h"

namespace keyline::simulation {
namespace {

using exchange::Reason;
using wire::ExchangeType;

Wishes pre_shared_key() {
    return {.auth = {policy::AuthMethod::kPreSharedKey},
            .dh_groups = {policy::DhGroup::kEcp256},
            .protocols = {policy::Protocol::kIkev1}};
}

wire::Header header_of(const exchange::Send& message) { return *wire::parse_header(message.data); }

bool is(const exchange::Send& message, ExchangeType type) { return header_of(message).exchange_type == type; }

void hide(World& world, const wire::vendor::Md5& id) {
    world.alter = [id](exchange::Send& message) { hide_vendor_id(message, id); };
}

class Ikev1LifecycleTest : public testing::Test {
  protected:
    void establish() {
        pair.acquire_at_a();
        pair.world.run(5s);
        ASSERT_EQ(pair.a.datapath.outbound.size(), 1U);
        ASSERT_EQ(pair.b.datapath.outbound.size(), 1U);
    }
    void quiet(std::chrono::seconds unanswered) {
        pair.world.give(pair.a, exchange::SaQuiet{.inbound_spi = inbound_spi(), .unanswered = unanswered});
    }
    std::uint32_t inbound_spi() const { return pair.a.datapath.inbound.rbegin()->first; }
    void silence(const Host& host) {
        pair.world.swallow = [address = host.address](const exchange::Send& message) {
            return message.local.address == address;
        };
    }
    void lose(const Host& from, ExchangeType type, std::size_t count) {
        pair.world.swallow = [&from, type, count](const exchange::Send& message) mutable {
            if (message.local.address != from.address || !is(message, type) || count == 0) return false;
            --count;
            return true;
        };
    }

    Pair pair{pre_shared_key()};
};

TEST_F(Ikev1LifecycleTest, UnansweredTrafficAsksForASignOfLife) {
    establish();
    quiet(60s);
    pair.world.run(5s);
    EXPECT_TRUE(sent_notify(pair.a, "HASH, N(R-U-THERE)"));
    EXPECT_TRUE(sent_notify(pair.b, "HASH, N(R-U-THERE-ACK)"));
    EXPECT_EQ(pair.a.keyer->counters()[Reason::kStale], 0U);
    EXPECT_EQ(reports<exchange::QmEstablished>(pair.a).size(), 1U);
    pair.check_rest();
}

TEST_F(Ikev1LifecycleTest, APeerThatLivesMayHaveLostTheQuickMode) {
    establish();
    quiet(60s);
    pair.world.run(5s);
    quiet(120s);
    pair.world.run(5s);
    EXPECT_EQ(reports<exchange::QmEstablished>(pair.a).size(), 2U);
    EXPECT_EQ(established(pair.a), 1U);
    pair.world.run(100s);
    pair.check_rest();
}

TEST_F(Ikev1LifecycleTest, WithoutASignOfLifeAllIsNegotiatedAnew) {
    establish();
    pair.world.restart(pair.b, false);
    quiet(60s);
    pair.world.run(30s);
    EXPECT_EQ(established(pair.a), 2U);
    EXPECT_EQ(reports<exchange::MmDeleted>(pair.a).at(0).reason,
              "10.0.0.2:500 does not answer R-U-THERE: it seems dead");
    pair.world.run(100s);
    EXPECT_TRUE(pair.world.carry(pair.a));
    pair.check_rest();
}

TEST_F(Ikev1LifecycleTest, ADeadPeersSasGoOnceNothingIsAnswered) {
    establish();
    silence(pair.b);
    quiet(60s);
    pair.world.run(15s);
    EXPECT_FALSE(reports<exchange::MmDeleted>(pair.a).empty());
    EXPECT_EQ(pair.a.datapath.outbound.size(), 1U);
    pair.world.run(15s);
    EXPECT_EQ(reports<exchange::QmDeleted>(pair.a).at(0).reason, "its peer is dead");
    EXPECT_TRUE(pair.a.datapath.outbound.empty());
    EXPECT_TRUE(pair.a.datapath.inbound.empty());

    pair.world.swallow = {};
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_TRUE(pair.world.carry(pair.a));
    pair.world.run(100s);
    pair.check_rest();
}

TEST_F(Ikev1LifecycleTest, WithoutTrafficNobodyIsAskedUnlessPolicyWantsIt) {
    establish();
    pair.world.run(3600s);
    EXPECT_FALSE(sent_notify(pair.a, "HASH, N(R-U-THERE)"));
    EXPECT_FALSE(sent_notify(pair.b, "HASH, N(R-U-THERE)"));
}

class Ikev1ProbeTimerTest : public Ikev1LifecycleTest {
  protected:
    void ask(Host& host, std::chrono::seconds delay, std::chrono::seconds timeout) {
        auto changed = std::make_shared<policy::Policy>(*host.policy);
        changed->keying.dpd_delay = delay;
        changed->keying.dpd_timeout = timeout;
        pair.world.change_policy(host, std::move(changed));
    }
    static std::ptrdiff_t asked(const Host& host) {
        return std::ranges::count(reports<exchange::MessageSent>(host), "HASH, N(R-U-THERE)",
                                  &exchange::MessageSent::payloads);
    }
};

TEST_F(Ikev1ProbeTimerTest, AnIdlePeerIsAskedFromTimeToTime) {
    establish();
    ask(pair.a, 30s, 0s);
    pair.world.run(100s);
    EXPECT_EQ(asked(pair.a), 3);
    EXPECT_EQ(asked(pair.b), 0);
    EXPECT_EQ(established(pair.a), 1U);
    ask(pair.a, 0s, 0s);
    pair.world.run(100s);
    EXPECT_EQ(asked(pair.a), 3);
    pair.check_rest();
}

TEST_F(Ikev1ProbeTimerTest, AnIdlePeerThatDiesLosesItsSas) {
    establish();
    ask(pair.a, 30s, 70s);
    silence(pair.b);
    pair.world.run(85s);
    EXPECT_EQ(asked(pair.a), 3);
    EXPECT_TRUE(reports<exchange::MmDeleted>(pair.a).empty());
    pair.world.run(30s);
    EXPECT_EQ(asked(pair.a), 3);
    EXPECT_TRUE(pair.a.datapath.outbound.empty());
    EXPECT_TRUE(pair.a.keyer->main_modes(pair.world.now()).empty());
}

TEST_F(Ikev1ProbeTimerTest, APeerThatHasRestartedGetsNewSas) {
    establish();
    ask(pair.a, 30s, 0s);
    pair.world.restart(pair.b, false);
    pair.world.run(60s);
    EXPECT_EQ(established(pair.a), 2U);
    pair.world.run(100s);
    EXPECT_TRUE(pair.world.carry(pair.a));
    pair.check_rest();
}

TEST_F(Ikev1ProbeTimerTest, APeerThatDoesNotKnowTheQuestionIsNotAsked) {
    hide(pair.world, wire::vendor::kDeadPeerDetection);
    establish();
    ask(pair.a, 30s, 0s);
    pair.world.run(100s);
    EXPECT_EQ(asked(pair.a), 0);
    EXPECT_EQ(established(pair.a), 1U);
}

// What was recorded proves nothing.
TEST_F(Ikev1ProbeTimerTest, ARepeatedAnswerIsNoSignOfLife) {
    establish();
    ask(pair.a, 30s, 0s);
    std::vector<exchange::Send> recorded;
    pair.world.tap = [&](const exchange::Send& message) {
        if (message.local.address == pair.b.address) recorded.push_back(message);
    };
    pair.world.run(35s);
    pair.world.tap = {};
    silence(pair.b);
    for (int i = 0; i < 60; ++i) {
        for (const exchange::Send& message : recorded)
            pair.world.deliver(message.local, message.remote, message.data);
        pair.world.run(1s);
    }
    EXPECT_GT(pair.a.keyer->counters()[Reason::kStale], 0U);
    EXPECT_TRUE(pair.a.datapath.outbound.empty());
}

// The peer uses what this host has only offered: the third message may be all that is missing.
TEST_F(Ikev1LifecycleTest, ADeletionTellsOfQuickModesThatAreNotConfirmed) {
    std::size_t sent = 0;
    pair.world.swallow = [&](const exchange::Send& message) {
        const bool ours = message.local.address == pair.a.address && is(message, ExchangeType::kQuickMode);
        return ours && ++sent > 1;
    };
    pair.acquire_at_a();
    pair.world.run(1s);
    ASSERT_EQ(pair.a.datapath.outbound.size(), 1U);
    ASSERT_EQ(pair.b.datapath.outbound.size(), 0U);
    pair.world.give(pair.b, exchange::AdminDown{1, pair.a.address});
    pair.world.run(5s);
    EXPECT_TRUE(pair.a.datapath.outbound.empty());
    EXPECT_TRUE(pair.b.datapath.inbound.empty());
    pair.check_rest();
}

TEST_F(Ikev1LifecycleTest, ALostDeleteIsSentAgain) {
    establish();
    lose(pair.a, ExchangeType::kInformational, 4);
    pair.world.give(pair.a, exchange::AdminDown{1, pair.b.address});
    pair.world.run(60s);
    EXPECT_TRUE(pair.b.datapath.outbound.empty());
    EXPECT_TRUE(pair.b.keyer->main_modes(pair.world.now()).empty());
    EXPECT_TRUE(pair.a.keyer->main_modes(pair.world.now()).empty());
    pair.check_rest();
}

TEST_F(Ikev1LifecycleTest, ALostAcknowledgementIsSentAgain) {
    establish();
    lose(pair.b, ExchangeType::kInformational, 4);
    pair.world.give(pair.a, exchange::AdminDown{1, pair.b.address});
    pair.world.run(20s);
    EXPECT_GT(pair.b.keyer->counters()[Reason::kRetransmission], 0U);
    pair.world.run(60s);
    EXPECT_TRUE(pair.b.keyer->main_modes(pair.world.now()).empty());
    pair.check_rest();
}

TEST_F(Ikev1LifecycleTest, ShutdownWaitsForTheAcknowledgement) {
    establish();
    lose(pair.b, ExchangeType::kInformational, 100);
    pair.world.give(pair.a, exchange::Shutdown{});
    pair.world.run(500ms);
    EXPECT_FALSE(pair.a.shut_down);
    pair.world.run(10s);
    EXPECT_TRUE(pair.a.shut_down);
    EXPECT_TRUE(pair.b.datapath.outbound.empty());
}

TEST_F(Ikev1LifecycleTest, APeerOfAnotherMakeIsToldOnce) {
    const Bytes microsoft = wire::vendor::ms_nt5_isakmpoakley(9);
    wire::vendor::Md5 id{};
    std::copy_n(microsoft.begin(), id.size(), id.begin());
    hide(pair.world, id);
    establish();
    pair.world.give(pair.a, exchange::AdminDown{1, pair.b.address});
    pair.world.run(5s);
    EXPECT_TRUE(sent_notify(pair.a, "HASH, D"));
    EXPECT_FALSE(sent_notify(pair.a, "HASH, Ni, D"));
    pair.check_rest();
}

TEST(Ikev1FragmentationTest, LargeMessagesComeInFragmentsWhereWholeOnesAreLost) {
    Wishes wishes = pre_shared_key();
    wishes.suites.clear();
    using policy::Encryption;
    using policy::Integrity;
    for (const Integrity integrity : {Integrity::kHmacSha1_96, Integrity::kHmacSha256_128,
                                      Integrity::kHmacSha384_192, Integrity::kHmacSha512_256}) {
        for (const std::uint8_t octets : {16, 24, 32})
            wishes.suites.push_back({Encryption::kAesCbc, octets, integrity});
        wishes.suites.push_back({Encryption::k3desCbc, 24, integrity});
        wishes.suites.push_back({Encryption::kNull, 0, integrity});
    }
    Pair pair(wishes);
    std::size_t lost = 0;
    pair.world.swallow = [&](const exchange::Send& message) {
        const bool large = message.data.size() > 548;
        lost += large ? 1U : 0U;
        return large;
    };
    pair.acquire_at_a();
    pair.world.run(10s);
    EXPECT_EQ(lost, 1U);
    EXPECT_EQ(pair.a.datapath.outbound.size(), 1U);
    EXPECT_EQ(pair.b.datapath.outbound.size(), 1U);
    pair.check_rest();
}

struct Ikev1NatRevisionTest : testing::TestWithParam<bool> {};

TEST_P(Ikev1NatRevisionTest, EitherRevisionEncapsulates) {
    Wishes wishes = pre_shared_key();
    wishes.tunnel = GetParam();
    Translated pair(wishes);
    hide(pair.world, wire::vendor::kRfc3947);
    pair.establish();
    EXPECT_EQ(pair.sent_by(pair.a).encapsulation, (policy::UdpEncapsulation{4500, 4500, false}));
    EXPECT_TRUE(pair.sent_by(pair.b).encapsulation.follow_remote);
    const auto ladder = pair.sent_payloads();
    EXPECT_EQ(ladder.at(2), "#3 KE, Ni, NATD ×2");
    pair.check_rest();
}
INSTANTIATE_TEST_SUITE_P(Modes, Ikev1NatRevisionTest, testing::Bool());

TEST(Ikev1NatTest, QuickModesUnderWayFollowThePeer) {
    Translated pair(pre_shared_key());
    pair.establish();
    // b's answer is on its way while the NAT forgets.
    bool rebound = false;
    pair.world.swallow = [&](const exchange::Send& message) {
        if (message.local.address == pair.b.address && is(message, ExchangeType::kQuickMode) && !rebound) {
            rebound = true;
            pair.nat.rebind();
            pair.world.carry(pair.a);
        }
        return false;
    };
    pair.world.give(pair.a, exchange::SaExpired{policy::Direction::kInbound,
                                                pair.a.datapath.inbound.begin()->first, false});
    pair.world.run(20s);
    EXPECT_TRUE(rebound);
    EXPECT_EQ(reports<exchange::QmEstablished>(pair.b).size(), 2U);
    EXPECT_TRUE(pair.world.carry(pair.a));
    EXPECT_TRUE(pair.world.carry(pair.b));
    EXPECT_EQ(pair.b.datapath.outbound.rbegin()->second.encapsulation.remote_port,
              pair.nat.translate(4500).port);
}

}  // namespace
}  // namespace keyline::simulation
