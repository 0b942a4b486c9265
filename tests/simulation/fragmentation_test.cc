// Large messages over paths that lose them, and hostile fragments (MS-IKEE 3.3; interpretation F9).
#include "exchange/fragmentation.h"

#include <gtest/gtest.h>

#include "simulation/pair.h"
#include "simulation/reports.h"
#include "wire/build.h"
#include "wire/parse.h"

namespace keyline::simulation {
namespace {

using exchange::Reason;
using exchange::Reassembly;

PairWishes with_tokens(std::size_t initiator, std::size_t acceptor) {
    PairWishes wishes = both({});
    wishes.a_methods = {Script{.round_trips = 2, .token_octets = initiator}};
    wishes.b_methods = {Script{.round_trips = 2, .token_octets = acceptor}};
    return wishes;
}

// A path that loses every IP packet of more than 576 octets, 1280 over IPv6.
void narrow(Pair& pair) {
    pair.world.swallow = [](const exchange::Send& sent) {
        const bool v4 = sent.remote.address.is_v4();
        return sent.data.size() + (v4 ? 28 : 48) > (v4 ? 576U : 1280U);
    };
}

void expect_established_within(Pair& pair, std::chrono::seconds time) {
    pair.acquire_at_a();
    pair.world.run(time);
    EXPECT_EQ(pair.a.datapath.outbound.size(), 1U);
    EXPECT_EQ(pair.b.datapath.outbound.size(), 1U);
    pair.check_rest();
}

TEST(FragmentationTest, LargeRequestsGetThroughAtTheSecondRetransmission) {
    Pair pair(with_tokens(4000, 16));
    narrow(pair);
    expect_established_within(pair, 8s);
}

TEST(FragmentationTest, LargeAnswersGetThroughOnceASmallRequestComesAsAFragment) {
    Pair pair(with_tokens(16, 9000));
    narrow(pair);
    expect_established_within(pair, 8s);
}

TEST(FragmentationTest, OverIpv6) {
    Pair pair(with_tokens(4000, 4000), 1, "2001:db8::1", "2001:db8::2");
    narrow(pair);
    expect_established_within(pair, 8s);
}

TEST(FragmentationTest, SurvivesLossRepetitionAndReordering) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        Pair pair(with_tokens(2000, 2000), seed);
        narrow(pair);
        pair.world.network() = {.loss = 0.1, .repetition = 0.2, .least_delay = 1ms, .most_delay = 300ms};
        pair.acquire_at_a();
        pair.world.run(40s);
        pair.world.network() = {};
        pair.world.run(200s);
        pair.check_rest();
    }
}

TEST(FragmentationTest, WholeMessagesStayWholeWhereTheyArrive) {
    Pair pair(with_tokens(4000, 4000));
    std::size_t sent = 0;
    pair.world.tap = [&](const exchange::Send& message) {
        ++sent;
        EXPECT_NE(wire::parse_header(message.data)->next_payload, wire::PayloadType::kFragment);
    };
    expect_established_within(pair, 5s);
    EXPECT_EQ(sent, 8U);
}

TEST(FragmentationTest, HostileFragmentsAreCountedAndBounded) {
    Pair pair{Wishes{}};
    wire::Header header;
    pair.world.tap = [&](const exchange::Send& message) { header = *wire::parse_header(message.data); };
    pair.acquire_at_a();
    pair.world.run(5s);
    header.flags = 0;
    SeededRandom random(3);
    for (int i = 0; i < 3000; ++i) {
        wire::Fragment fragment{.id = static_cast<std::uint16_t>(random.below(10)),
                                .number = static_cast<std::uint8_t>(random.below(6)),
                                .flags = static_cast<std::uint8_t>(random.below(2)),
                                .data = Bytes(random.below(1400))};
        random.fill(fragment.data);
        std::vector<wire::Payload> payloads{{fragment}};
        if (random.chance(0.1)) payloads.push_back({fragment});
        pair.world.deliver({pair.a.address, 500}, {pair.b.address, 500},
                           *wire::build_plain_message(header, payloads));
    }
    EXPECT_GT(pair.b.keyer->counters()[Reason::kFragment], 1000U);
    pair.world.run(100s);
    EXPECT_GT(pair.b.keyer->counters()[Reason::kFragmentsLost], 0U);
    pair.check_rest();
    header.initiator_cookie[0] ^= 1;
    header.exchange_type = wire::ExchangeType::kAuthipQuickMode;
    const auto before = pair.b.keyer->counters()[Reason::kUnknownSa];
    const std::vector<wire::Payload> payloads{{wire::Fragment{.id = 1, .number = 1, .data = Bytes(10)}}};
    pair.world.deliver({pair.a.address, 500}, {pair.b.address, 500},
                       *wire::build_plain_message(header, payloads));
    EXPECT_EQ(pair.b.keyer->counters()[Reason::kUnknownSa], before + 1);
}

class ReassemblyTest : public testing::Test {
  protected:
    Reassembly::Verdict add(std::uint8_t number, bool last = false, std::size_t octets = 100,
                            std::uint16_t id = 1, std::uint64_t owner = 1) {
        auto result = reassembly.add(owner,
                                     {.id = id,
                                      .number = number,
                                      .flags = last ? wire::kLastFragment : std::uint8_t{0},
                                      .data = Bytes(octets, number)},
                                     now);
        message = std::move(result.message);
        return result.verdict;
    }

    Reassembly reassembly;
    Instant now{1000s};
    Bytes message;
};

using enum Reassembly::Verdict;

TEST_F(ReassemblyTest, AnyOrder) {
    EXPECT_EQ(add(3, true, 1), kWaits);
    EXPECT_EQ(add(1), kWaits);
    EXPECT_EQ(add(2), kComplete);
    EXPECT_EQ(message.size(), 201U);
    EXPECT_EQ(message[99], 1);
    EXPECT_EQ(message[100], 2);
    EXPECT_EQ(message[200], 3);
    EXPECT_EQ(reassembly.octets(), 0U);
}

TEST_F(ReassemblyTest, OneIsEnough) { EXPECT_EQ(add(1, true), kComplete); }

TEST_F(ReassemblyTest, DuplicatesChangeNothing) {
    EXPECT_EQ(add(1), kWaits);
    EXPECT_EQ(add(1, false, 50), kRefused);
    EXPECT_EQ(add(2, true), kComplete);
    EXPECT_EQ(message.size(), 200U);
}

TEST_F(ReassemblyTest, ContradictionsDiscardAll) {
    EXPECT_EQ(add(2, true), kWaits);
    EXPECT_EQ(add(3), kRefused);  // beyond the last
    EXPECT_EQ(reassembly.octets(), 0U);
    EXPECT_EQ(add(2, true), kWaits);
    EXPECT_EQ(add(1, true), kRefused);  // two last ones
    EXPECT_EQ(add(3), kWaits);
    EXPECT_EQ(add(2, true), kRefused);  // the last before another
    EXPECT_EQ(reassembly.octets(), 0U);
    EXPECT_EQ(add(0), kRefused);
    EXPECT_EQ(add(1, true, 0), kRefused);
}

TEST_F(ReassemblyTest, GivenUpAfter70Seconds) {
    add(1);
    now += 30s;
    add(1, false, 100, 2);
    EXPECT_EQ(reassembly.next_due(), Instant(1070s));
    EXPECT_EQ(reassembly.expire(Instant(1069s)), 0U);
    EXPECT_EQ(reassembly.expire(Instant(1070s)), 1U);
    EXPECT_EQ(reassembly.octets(), 100U);
}

TEST_F(ReassemblyTest, MemoryIsBounded) {
    for (std::uint16_t id = 0; id < 100; ++id)
        add(1, false, 1000, id);
    EXPECT_EQ(reassembly.octets(), Reassembly::kMaxMessagesPerOwner * 1000);
    for (std::uint64_t owner = 2; owner < 1000; ++owner) {
        for (std::uint8_t number = 1; number < 40; ++number)
            add(number, false, 1500, 1, owner);
    }
    EXPECT_LE(reassembly.octets(), Reassembly::kMaxTotal);
    std::uint8_t number = 1;
    while (add(number, false, 1000, 7, 5000) == kWaits)
        ++number;
    EXPECT_EQ(number, 66);  // 65 times 1000 octets fit
}

}  // namespace
}  // namespace keyline::simulation
