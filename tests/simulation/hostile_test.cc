// What anybody on the network can do to a keyer, and that a clean negotiation succeeds right after.
#include <gtest/gtest.h>

#include <bit>
#include <cstring>

#include "authip/dos_cookie.h"
#include "shared/dos_cookie.h"
#include "simulation/pair.h"
#include "simulation/raw_peer.h"

namespace keyline::simulation {
namespace {

using exchange::Reason;

// Everything that a clean conversation sends, in order.
std::vector<exchange::Send> conversation() {
    std::vector<exchange::Send> messages;
    Pair pair{Wishes{}, 99};
    pair.world.tap = [&](const exchange::Send& message) { messages.push_back(message); };
    pair.acquire_at_a();
    pair.world.run(5s);
    return messages;
}

void expect_clean_negotiation(Pair& pair) {
    for (Host* host : {&pair.a, &pair.b}) {
        const IpAddress peer = host == &pair.a ? pair.b.address : pair.a.address;
        pair.world.give(*host, exchange::AdminDown{1, peer});
    }
    pair.world.run(1s);
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_EQ(pair.a.datapath.outbound.size(), 1U);
    EXPECT_EQ(pair.b.datapath.outbound.size(), 1U);
}

TEST(HostileTest, RubbishAndDamagedMessagesChangeNothing) {
    const std::vector<exchange::Send> messages = conversation();
    SeededRandom random(4);
    Pair pair{Wishes{}};
    pair.acquire_at_a();
    pair.world.run(5s);
    const std::size_t installs = pair.world.installs();
    for (int i = 0; i < 3000; ++i) {
        exchange::Send forged = messages[random.below(messages.size())];
        switch (random.below(4)) {
            case 0:
                forged.data.resize(random.below(forged.data.size() + 1));
                break;
            case 1:
                forged.data[random.below(forged.data.size())] ^=
                    static_cast<std::uint8_t>(1U << random.below(8));
                break;
            case 2:
                forged.data.resize(forged.data.size() + random.below(64));
                break;
            default:
                random.fill(std::span(forged.data).subspan(random.below(forged.data.size())));
                break;
        }
        pair.world.deliver(forged.local, forged.remote, forged.data);
        if (i % 100 == 0) pair.world.run(100ms);
    }
    EXPECT_EQ(pair.world.installs(), installs);
    pair.world.run(200s);
    pair.check_rest();
    expect_clean_negotiation(pair);
}

TEST(HostileTest, ReplayedConversationChangesNothing) {
    std::vector<exchange::Send> messages;
    Pair pair{Wishes{}};
    pair.world.tap = [&](const exchange::Send& message) { messages.push_back(message); };
    pair.acquire_at_a();
    pair.world.run(5s);
    pair.world.tap = nullptr;
    const std::size_t installs = pair.world.installs();
    for (const exchange::Send& message : messages)
        pair.world.deliver(message.local, message.remote, message.data);
    pair.world.run(200s);
    EXPECT_EQ(pair.world.installs(), installs);
    pair.check_rest();
}

TEST(HostileTest, MessagesDamagedOnTheWayAreRepeated) {
    SeededRandom random(5);
    Pair pair{Wishes{}};
    pair.world.swallow = [&](const exchange::Send& sent) {
        if (!random.chance(0.4)) return false;
        Bytes damaged = sent.data;
        damaged.resize(random.below(damaged.size()));
        pair.world.after(1ms,
                         [&pair, sent, damaged] { pair.world.deliver(sent.local, sent.remote, damaged); });
        return true;
    };
    pair.acquire_at_a();
    pair.world.run(100s);
    pair.world.swallow = nullptr;
    expect_clean_negotiation(pair);
}

// First messages from as many addresses as there are.
void flood(Pair& pair, const exchange::Send& first, std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) {
        Bytes data = first.data;
        data[0] = static_cast<std::uint8_t>(i >> 8);
        data[1] = static_cast<std::uint8_t>(i | 1);
        Bytes octets;
        append_be32(octets, 0xC0000200 + i);
        pair.world.deliver({*IpAddress::from_octets(octets), 500}, {pair.b.address, 500}, data);
    }
}

// No memory beyond the threshold, cookies for the rest.
TEST(HostileTest, FloodFromEverywhereMeetsCookies) {
    Pair pair{Wishes{}};
    flood(pair, conversation().front(), 5000);
    EXPECT_LE(pair.b.keyer->limits().incomplete, 500U);
    EXPECT_TRUE(pair.b.keyer->limits().dos_protection);
    EXPECT_TRUE(pair.b.dos_protection.active);
    EXPECT_GT(pair.b.keyer->counters()[Reason::kDosCookieSent], 4000U);
    pair.acquire_at_a();  // follows the cookie
    pair.world.run(5s);
    EXPECT_EQ(pair.a.datapath.outbound.size(), 1U);
    pair.world.run(200s);
    EXPECT_EQ(pair.b.keyer->limits().incomplete, 0U);
    EXPECT_FALSE(pair.b.keyer->limits().dos_protection);
    EXPECT_FALSE(pair.b.dos_protection.active);
    pair.check_rest();
}

TEST(HostileTest, CookieSecretsTurnWhileTheFloodLasts) {
    Pair pair{Wishes{}};
    auto patient = std::make_shared<policy::Policy>(*pair.b.policy);
    patient->keying.responder_timeout = 200s;
    patient->keying.dos_threshold = 50;
    pair.world.change_policy(pair.b, patient);
    flood(pair, conversation().front(), 100);
    ASSERT_TRUE(pair.b.dos_protection.active);
    for (int turns = 0; turns < 3; ++turns) {
        const Secret before = pair.b.dos_protection.secrets.current.clone();
        pair.world.run(60s);
        ASSERT_TRUE(pair.b.dos_protection.active);
        EXPECT_EQ(pair.b.dos_protection.secrets.previous, before);
        EXPECT_FALSE(pair.b.dos_protection.secrets.current == before);
    }
    pair.world.run(200s);
    EXPECT_FALSE(pair.b.dos_protection.active);
    pair.check_rest();
}

// The kernel asks for cookies and does not know that #1 had come before, and that #2 was lost.
TEST(HostileTest, ARepetitionThatMeetsTheProtectionBeginsAnew) {
    Pair pair{Wishes{}};
    const exchange::Send other = conversation().front();
    std::optional<exchange::Send> first;
    pair.world.swallow = [&](const exchange::Send& message) {
        if (message.local.address == pair.a.address && !first) {
            first = message;
            return false;
        }
        return true;
    };
    pair.acquire_at_a();
    pair.world.run(1s);
    ASSERT_TRUE(first);
    flood(pair, other, 1000);
    ASSERT_TRUE(pair.b.dos_protection.active);
    pair.world.swallow = nullptr;
    wire::Cookie initiator;
    std::copy_n(first->data.begin(), initiator.size(), initiator.begin());
    kl_siphash_key secret;
    std::memcpy(&secret, pair.b.dos_protection.secrets.current.view().data(), sizeof(secret));
    kl_cookie_peer peer{.address = {}, .port = first->local.port, .family = KL_FAMILY_V4, .reserved = {}};
    std::ranges::copy(pair.a.address.octets(), peer.address.octets);
    const auto cookie =
        std::bit_cast<wire::Cookie>(kl_dos_cookie(&secret, &peer, std::bit_cast<std::uint64_t>(initiator)));
    SeededRandom random(1);
    pair.world.deliver(first->remote, first->local, authip::build_dos_cookie(initiator, cookie, random));
    pair.world.run(5s);
    EXPECT_EQ(pair.a.datapath.outbound.size(), 1U);
    EXPECT_EQ(pair.b.datapath.outbound.size(), 1U);
    pair.world.run(200s);
    pair.check_rest();
}

TEST(HostileTest, FloodFromOneAddressMeetsTheLimitOf36) {
    const exchange::Send first = conversation().front();
    Pair pair{Wishes{}};
    const Endpoint attacker{*IpAddress::parse("192.0.2.1"), 500};
    for (std::uint8_t i = 0; i < 100; ++i) {
        Bytes data = first.data;
        data[0] = i;
        pair.world.deliver(attacker, {pair.b.address, 500}, data);
    }
    EXPECT_EQ(pair.b.keyer->limits().incomplete, 36U);  // M12
    EXPECT_EQ(pair.b.keyer->counters()[Reason::kPeerNegotiationLimit], 64U);
    expect_clean_negotiation(pair);
}

TEST(HostileTest, PeerMayHave21MainModesAndNoMore) {
    World world(1);
    Wishes wishes;
    wishes.local = "10.0.0.2";
    wishes.remote = "10.0.0.1";
    Host& host = world.add_host("b", wishes.local, make_policy(wishes),
                                {std::make_shared<ScriptedMethod>(Script{}, 7)});
    for (std::uint64_t seed = 1; seed <= 21; ++seed)
        EXPECT_TRUE(RawPeer(world, host, seed).establish()) << seed;
    EXPECT_FALSE(RawPeer(world, host, 22).establish());
    EXPECT_EQ(host.keyer->counters()[Reason::kPeerMmLimit], 1U);
}

TEST(HostileTest, InitiatorFollowsThreeCookiesAtMost) {
    Pair pair{Wishes{}};
    std::vector<exchange::Send> sent;
    pair.world.swallow = [&](const exchange::Send& message) {
        sent.push_back(message);
        return true;
    };
    pair.acquire_at_a();
    pair.world.run(10ms);
    SeededRandom random(1);
    wire::Cookie initiator;
    std::copy_n(sent.front().data.begin(), 8, initiator.begin());
    for (std::uint8_t i = 1; i <= 4; ++i) {
        const wire::Cookie cookie{i};
        pair.world.deliver(sent.front().remote, sent.front().local,
                           authip::build_dos_cookie(initiator, cookie, random));
    }
    ASSERT_EQ(sent.size(), 4U);
    for (std::uint8_t i = 1; i <= 3; ++i) {
        Bytes expected = sent.front().data;
        expected[8] = i;
        EXPECT_EQ(sent[i].data, expected);  // item 2, D1: the same payloads
    }
    EXPECT_EQ(pair.a.keyer->counters()[Reason::kTooManyCookies], 1U);
}

}  // namespace
}  // namespace keyline::simulation
