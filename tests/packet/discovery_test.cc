// Negotiation discovery (MS-IKEE 3.7) in the flow table: clear, then protected, and never back.
#include <gtest/gtest.h>

#include <algorithm>

#include "bpfmap/bpf_map.h"
#include "packet/packet_fixture.h"
#include "shared/flow.h"

namespace keyline::datapath {
namespace {

using policy::Direction;
using policy::Negotiation;

const std::string kUs = "10.1.0.1";
const std::string kStranger = "10.1.0.3";  // has no SA
const std::string kPartner = "10.1.0.2";   // has SAs

class DiscoveryTest : public PacketTest {
  protected:
    void apply(Negotiation negotiation) {
        policy::Policy policy = test_policy();
        policy.datapath.acquire_interval = std::chrono::milliseconds(0);
        for (policy::Rule& rule : policy.rules) {
            if (rule.action == policy::RuleAction::kProtect && rule.mode == policy::Mode::kTransport)
                rule.negotiation = negotiation;
        }
        ASSERT_TRUE(datapath().apply(policy));
    }

    std::string send(const std::string& peer) { return run(Program::kEgress, udp_frame(kUs, peer)).reasons; }

    // The answer to what `send` sends.
    std::string receive(const std::string& peer) {
        Bytes frame = udp_frame(peer, kUs);
        std::swap_ranges(frame.begin() + 34, frame.begin() + 36, frame.begin() + 36);  // the UDP ports
        return run(Program::kIngress, frame).reasons;
    }

    std::size_t acquires() {
        const auto events = datapath().drain();
        return static_cast<std::size_t>(std::ranges::count_if(
            events, [](const Event& event) { return std::holds_alternative<AcquireRaised>(event); }));
    }
};

TEST_F(DiscoveryTest, WithoutAnSaAFlowGoesInTheClearAndAsksOnce) {
    apply(Negotiation::kRequest);
    EXPECT_EQ(send(kStranger), "pass-discovery");
    EXPECT_EQ(acquires(), 1U);
    EXPECT_EQ(send(kStranger), "pass-discovery");
    EXPECT_EQ(acquires(), 0U);
    EXPECT_EQ(receive(kStranger), "pass-discovery");
}

TEST_F(DiscoveryTest, ABoundaryLetsThePeerBegin) {
    apply(Negotiation::kRequest);
    EXPECT_EQ(receive(kStranger), "pass-discovery");
    EXPECT_EQ(acquires(), 0U);
    EXPECT_EQ(send(kStranger), "pass-discovery");
    EXPECT_EQ(acquires(), 1U);
}

TEST_F(DiscoveryTest, RequiredInboundOnlyAnswersAreTaken) {
    apply(Negotiation::kRequireInbound);
    EXPECT_EQ(receive(kStranger), "clear-in");
    EXPECT_EQ(send(kStranger), "pass-discovery");
    EXPECT_EQ(receive(kStranger), "pass-discovery");
}

TEST_F(DiscoveryTest, RequiredNothingIsInTheClear) {
    apply(Negotiation::kRequire);
    EXPECT_EQ(send(kStranger), "out-held");
    EXPECT_EQ(receive(kStranger), "clear-in");
}

TEST_F(DiscoveryTest, AnSaThatComesTakesTheFlowOver) {
    apply(Negotiation::kRequest);
    EXPECT_EQ(send(kStranger), "pass-discovery");
    ASSERT_TRUE(datapath().install(test_sa(Direction::kOutbound, 77, 3, kUs, kStranger)));
    EXPECT_EQ(receive(kStranger), "pass-discovery");
    EXPECT_EQ(send(kStranger), "out-fastpath");
    EXPECT_EQ(receive(kStranger), "clear-in");
}

TEST_F(DiscoveryTest, AFlowThatWasProtectedNeverGoesBack) {
    apply(Negotiation::kRequest);
    EXPECT_EQ(send(kPartner), "out-fastpath");
    ASSERT_TRUE(datapath().remove(Direction::kOutbound, 1, *IpAddress::parse(kPartner)));
    EXPECT_EQ(send(kPartner), "out-held");
    EXPECT_EQ(acquires(), 1U);
    EXPECT_EQ(receive(kPartner), "clear-in");
    apply(Negotiation::kRequest);
    EXPECT_EQ(send(kPartner), "out-held");
    EXPECT_EQ(receive(kPartner), "clear-in");
    restart();
    EXPECT_EQ(send(kPartner), "out-held");
}

// Strangers can fill the flow table; what they cannot push out keeps the flow secure.
TEST_F(DiscoveryTest, AProtectedFlowNeverGoesBackThoughTheFlowTableForgetsIt) {
    apply(Negotiation::kRequest);
    EXPECT_EQ(send(kPartner), "out-fastpath");
    ASSERT_TRUE(datapath().remove(Direction::kOutbound, 1, *IpAddress::parse(kPartner)));
    const auto flows = bpfmap::Map::open_pinned(options().pin_root + "/packet/kl_flows");
    ASSERT_TRUE(flows);
    std::vector<kl_flow_key> keys;
    flows->for_each_key<kl_flow_key>([&](const kl_flow_key& key) {
        keys.push_back(key);
        return true;
    });
    ASSERT_FALSE(keys.empty());
    for (const kl_flow_key& key : keys)
        EXPECT_TRUE(flows->erase(key));
    EXPECT_EQ(receive(kPartner), "clear-in");
    EXPECT_EQ(send(kPartner), "out-held");
}

// MS-IKEE 3.7.4.1.
TEST_F(DiscoveryTest, BehindANatABoundaryGetsTheClear) {
    apply(Negotiation::kRequest);
    policy::SadEntry sa = test_sa(Direction::kOutbound, 77, 3, kUs, kStranger);
    sa.encapsulation = {.local_port = 4500, .remote_port = 4500};
    sa.boundary = true;
    ASSERT_TRUE(datapath().install(sa));
    EXPECT_EQ(send(kStranger), "pass-discovery");
    apply(Negotiation::kRequire);
    EXPECT_EQ(send(kStranger), "out-fastpath");
}

}  // namespace
}  // namespace keyline::datapath
