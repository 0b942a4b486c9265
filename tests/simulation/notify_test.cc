// Reliable notifies one at a time, what waits for them, and NOTIFY_ACQUIRE (MS-AIPS 3.1.5, 3.1.7.5, 3.4.5.3;
// Q9).
#include <gtest/gtest.h>

#include <algorithm>

#include "simulation/pair.h"
#include "simulation/raw_peer.h"
#include "simulation/reports.h"
#include "wire/parse.h"

namespace keyline::simulation {
namespace {

using exchange::Reason;

std::size_t notifies_sent(const Host& host) {
    return static_cast<std::size_t>(
        std::ranges::count_if(reports<exchange::MessageSent>(host), [](const auto& sent) {
            return sent.number == 0 && !sent.retransmission && sent.payloads != "Notify(ACK)";
        }));
}

TEST(NotifyTest, OneAtATimeAndRequestsWaitForItsAcknowledgement) {
    Pair pair{Wishes{.per_port = true}};
    pair.acquire_at_a(80);
    pair.acquire_at_a(443);
    pair.world.run(5s);
    const std::size_t sent = pair.sent_payloads().size();
    pair.world.swallow = [&](const exchange::Send& message) {
        return message.local.address == pair.b.address;
    };
    std::vector<std::uint32_t> spis;
    for (const auto& [spi, entry] : pair.a.datapath.inbound)
        spis.push_back(spi);
    for (const std::uint32_t spi : spis)
        pair.world.give(pair.a, exchange::AdminDown{1, spi});
    pair.acquire_at_a(22);
    pair.world.run(5s);
    EXPECT_EQ(notifies_sent(pair.a), 1U);
    EXPECT_EQ(pair.sent_payloads().size(), sent);  // no quick mode yet
    pair.world.swallow = nullptr;
    pair.world.run(5s);
    EXPECT_EQ(notifies_sent(pair.a), 2U);
    EXPECT_EQ(pair.a.datapath.inbound.size(), 1U);
    EXPECT_EQ(pair.b.datapath.inbound.size(), 1U);
    pair.check_rest();
}

// 3.4.7.4: the responder could not authenticate as an NTLM initiator does.
TEST(NotifyTest, OneWayAuthenticationIsRenewedByItsInitiator) {
    PairWishes wishes = both(
        {.auth = {policy::AuthMethod::kNtlm}, .dh_groups = {policy::DhGroup::kEcp256}, .mm_lifetime = 60s});
    wishes.a_methods = wishes.b_methods = {Script{.id = auth::MethodId::kNtlm}};
    Pair pair(wishes);
    pair.acquire_at_a();
    pair.world.run(70s);
    const std::uint32_t spi = pair.b.datapath.outbound.begin()->first.first;
    pair.world.give(pair.b, exchange::SaExpired{policy::Direction::kOutbound, spi, false});
    pair.world.run(5s);
    EXPECT_TRUE(sent_notify(pair.b, "Notify(ACQUIRE), IDi, IDr"));
    EXPECT_EQ(pair.b.datapath.outbound.size(), 2U);
    for (const auto& started : reports<exchange::MmStarted>(pair.b))
        EXPECT_EQ(started.mm.role, exchange::Role::kResponder);
    EXPECT_EQ(established(pair.a), 2U);
    pair.world.run(100s);
    pair.check_rest();
}

class AcquireTest : public testing::Test {
  protected:
    AcquireTest() {
        Wishes wishes;
        wishes.local = "10.0.0.2";
        wishes.remote = "10.0.0.1";
        host = &world.add_host("b", wishes.local, make_policy(wishes),
                               {std::make_shared<ScriptedMethod>(Script{}, 7)});
        peer.emplace(world, *host);
    }

    // An acquire of the peer's; what the host replies.
    std::vector<RawPeer::Reply> acquire(std::uint8_t flags, std::size_t ids) {
        Bytes data;
        append_be32(data, wire::encapsulation::kTransport);
        append_be32(data, 0);
        std::vector<wire::Payload> payloads{{wire::AuthipNotification{
            .protocol_id = 2, .flags = flags, .type = wire::notify::kAcquire, .data = std::move(data)}}};
        for (const wire::Payload& payload : peer->quick_mode_payloads(false)) {
            if (payload.type() == wire::PayloadType::kIdentification && payloads.size() <= ids)
                payloads.push_back(payload);
        }
        return peer->send_sealed(wire::ExchangeType::kAuthipNotify, 0x77, next++, payloads);
    }
    bool started_main_mode() const {
        return !reports<exchange::MmStarted>(*host).empty() &&
               reports<exchange::MmStarted>(*host).back().mm.role == exchange::Role::kInitiator;
    }

    World world{1};
    Host* host = nullptr;
    std::optional<RawPeer> peer;
    std::uint32_t next = 0;
};

// Q9: acknowledged, then a new main mode of the responder's own.
TEST_F(AcquireTest, AtTheResponder) {
    ASSERT_TRUE(peer->establish());
    const auto replies = acquire(wire::kReliableNotify, 2);
    ASSERT_FALSE(replies.empty());
    const auto* ack = wire::find<wire::AuthipNotification>(replies.front().payloads);
    ASSERT_NE(ack, nullptr);
    EXPECT_EQ(ack->type, wire::notify::kAck);
    EXPECT_EQ(ack->flags, 0);
    EXPECT_TRUE(started_main_mode());
}

TEST_F(AcquireTest, MalformedOnesAreDiscardedSilently) {
    ASSERT_TRUE(peer->establish());
    EXPECT_TRUE(acquire(0, 2).empty());
    EXPECT_TRUE(acquire(wire::kReliableNotify, 1).empty());
    EXPECT_TRUE(acquire(wire::kReliableNotify, 0).empty());
    EXPECT_FALSE(started_main_mode());
    EXPECT_EQ(host->keyer->counters()[Reason::kMalformedPayload], 3U);
}

}  // namespace
}  // namespace keyline::simulation
