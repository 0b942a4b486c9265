// Authenticated firewall (MS-AIPS 3.10) in the kernel programs: twice, then clear; nothing of who was not
// authenticated.
#include <gtest/gtest.h>
#include <time.h>

#include "bpfmap/bpf_map.h"
#include "datapath/convert.h"
#include "packet/packet_fixture.h"
#include "shared/flow.h"
#include "shared/handover.h"

namespace keyline::datapath {
namespace {

using policy::Direction;

constexpr std::uint8_t kTcp = 6, kUdp = 17;
constexpr std::uint8_t kSyn = KL_TCP_SYN, kAck = KL_TCP_ACK, kFin = KL_TCP_FIN | KL_TCP_ACK;
constexpr std::uint8_t kTwice = KL_HANDOVER_TWICE, kJudge = KL_HANDOVER_JUDGE;

std::uint64_t seconds_ago(std::uint64_t seconds) {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (static_cast<std::uint64_t>(now.tv_sec) - seconds) * 1'000'000'000U;
}

class AuthFirewallTest : public PacketTest {
  protected:
    static inline const std::string kUs = "10.1.0.1";
    static inline const std::string kPartner = "10.1.0.3";   // gets an SA
    static inline const std::string kStranger = "10.1.0.2";  // has none
    static inline const std::string kUsV6 = "2001:db8:1::1";
    static inline const std::string kPartnerV6 = "2001:db8:1::3";

    void SetUp() override {
        PacketTest::SetUp();
        if (IsSkipped() || HasFatalFailure()) return;
        policy::Policy policy = test_policy();
        for (policy::Rule& rule : policy.rules) {
            if (rule.action == policy::RuleAction::kProtect && rule.mode == policy::Mode::kTransport)
                rule.mode = policy::Mode::kAuthenticatedFirewall;
        }
        ASSERT_TRUE(datapath().apply(policy));
        ASSERT_TRUE(datapath().remove(Direction::kOutbound, 1, *IpAddress::parse(kStranger)));
        for (const auto& [rule, local, remote] :
             {std::tuple{3U, kUs, kPartner}, std::tuple{13U, kUsV6, kPartnerV6}}) {
            policy::SadEntry sa = test_sa(Direction::kOutbound, 77, rule, local, remote);
            sa.mode = policy::Mode::kAuthenticatedFirewall;
            ASSERT_TRUE(datapath().install(sa));
        }
    }

    // From this host's point of view: a UDP packet, or a TCP one when it has flags.
    static Bytes packet(const std::string& from, const std::string& to, std::uint8_t tcp_flags = 0,
                        bool answer = false) {
        Bytes frame = udp_frame(from, to);
        const bool v4 = from.find(':') == std::string::npos;
        const std::size_t ip = 14, upper = ip + (v4 ? 20 : 40);
        if (tcp_flags != 0) {
            frame.resize(upper + 20);
            frame[ip + (v4 ? 9 : 6)] = kTcp;
            frame[ip + (v4 ? 3 : 5)] = v4 ? 40 : 20;
            frame[upper + 12] = 0x50;
            frame[upper + 13] = tcp_flags;
        }
        if (answer) {
            std::swap(frame[upper], frame[upper + 2]);
            std::swap(frame[upper + 1], frame[upper + 3]);
        }
        return frame;
    }

    Outcome send(const std::string& to, std::uint8_t tcp_flags = 0) {
        return run(Program::kEgress, packet(to == kPartnerV6 ? kUsV6 : kUs, to, tcp_flags));
    }
    // The peer's side of what `send` sends.
    Outcome receive(const std::string& from, std::uint8_t tcp_flags = 0) {
        return run(Program::kIngress, packet(from, from == kPartnerV6 ? kUsV6 : kUs, tcp_flags, true));
    }

    static kl_tuple tuple(const std::string& remote, std::uint8_t protocol) {
        kl_tuple tuple{};
        tuple.local = to_kl(*IpAddress::parse(kUs));
        tuple.remote = to_kl(*IpAddress::parse(remote));
        tuple.family = KL_FAMILY_V4;
        tuple.protocol = protocol;
        tuple.local_port = 4000;
        tuple.remote_port = 5000;
        return tuple;
    }
    bpfmap::Map connections() const {
        auto map = bpfmap::Map::open_pinned(options().pin_root + "/packet/kl_connections");
        EXPECT_TRUE(map);
        return std::move(*map);
    }
    // As a worker does when it has opened the first packet.
    void know(const std::string& remote, std::uint8_t protocol, std::uint32_t flags,
              std::uint64_t last_seen = seconds_ago(0)) {
        const kl_connection connection{.user = 0, .flags = flags, .last_seen = last_seen};
        ASSERT_TRUE(connections().update(tuple(remote, protocol), connection));
    }

    // An ICMP error from the peer about what `send` sends.
    Outcome receive_error(const std::string& from, std::uint8_t type, std::uint8_t code) {
        const bool v4 = from == kPartner;
        const Bytes quoted = packet(v4 ? kUs : kUsV6, from);
        Bytes frame = udp_frame(from, v4 ? kUs : kUsV6);
        frame[14 + (v4 ? 9 : 6)] = v4 ? 1 : 58;
        frame.resize(14 + (v4 ? 20 : 40));
        append(frame, Bytes{type, code, 0, 0, 0, 0, 0, 0});
        append(frame, ByteView(quoted).subspan(14));
        frame[14 + (v4 ? 3 : 5)] = static_cast<std::uint8_t>(frame.size() - (v4 ? 14 : 54));
        return run(Program::kIngress, frame);
    }
};

TEST_F(AuthFirewallTest, TheFirstPacketGoesTwiceAndTheRestAsItIs) {
    const Outcome first = send(kPartner);
    EXPECT_EQ(first.verdict, Verdict::kHandOver);
    EXPECT_EQ(first.frame[10], kTwice);
    EXPECT_EQ(first.reasons, "out-twice");
    EXPECT_EQ(send(kPartner).reasons, "pass-auth-firewall");
    EXPECT_EQ(receive(kPartner).reasons, "pass-auth-firewall");
    EXPECT_EQ(send(kPartnerV6).reasons, "out-twice");
    EXPECT_EQ(send(kPartnerV6).reasons, "pass-auth-firewall");
    EXPECT_EQ(receive(kPartnerV6).reasons, "pass-auth-firewall");
}

TEST_F(AuthFirewallTest, WithoutAnSaNothingLeaves) { EXPECT_EQ(send(kStranger).reasons, "out-held"); }

// The SA of another mode would open to a packet for the stack, and authorize nothing.
TEST_F(AuthFirewallTest, AnSaOfTransportModeIsNotTaken) {
    ASSERT_TRUE(datapath().install(test_sa(Direction::kOutbound, 78, 2, kUs, kStranger)));
    EXPECT_EQ(send(kStranger).reasons, "no-sa");
}

TEST_F(AuthFirewallTest, AStrangersPlaintextIsDropped) {
    EXPECT_EQ(receive(kStranger).reasons, "unauthenticated");
    EXPECT_EQ(receive(kStranger, kSyn).reasons, "unauthenticated");
}

// Its first packet may still be with the worker, which therefore judges.
TEST_F(AuthFirewallTest, PlaintextOfAPeerGoesToTheWorkerUntilItsConnectionIsAuthorized) {
    const Outcome early = receive(kPartner);
    EXPECT_EQ(early.verdict, Verdict::kHandOver);
    EXPECT_EQ(early.frame[10], kJudge);
    EXPECT_EQ(early.reasons, "in-judged");
    // The destination is now the sender, to whom the worker may have something to say.
    EXPECT_EQ(Bytes(early.frame.begin(), early.frame.begin() + 6), (Bytes{2, 0, 0, 0, 0, 0x0a}));
    know(kPartner, kUdp, KL_CONNECTION_AUTHORIZED);
    EXPECT_EQ(receive(kPartner).reasons, "pass-auth-firewall");
    EXPECT_EQ(send(kPartner).reasons, "pass-auth-firewall");
}

TEST_F(AuthFirewallTest, AfterSixtySecondsTheConnectionIsForgotten) {
    know(kPartner, kUdp, KL_CONNECTION_AUTHORIZED, seconds_ago(61));
    EXPECT_EQ(receive(kPartner).reasons, "in-judged");
    EXPECT_EQ(send(kPartner).reasons, "out-twice");
    EXPECT_EQ(send(kPartner).reasons, "pass-auth-firewall");
}

TEST_F(AuthFirewallTest, EveryPacketRestartsTheTimer) {
    know(kPartner, kUdp, KL_CONNECTION_AUTHORIZED, seconds_ago(50));
    EXPECT_EQ(receive(kPartner).reasons, "pass-auth-firewall");
    const auto connection = connections().lookup<kl_connection>(tuple(kPartner, kUdp));
    ASSERT_TRUE(connection);
    EXPECT_GT(connection->last_seen, seconds_ago(10));
}

TEST_F(AuthFirewallTest, EverySynGoesTwice) {
    EXPECT_EQ(send(kPartner, kSyn).reasons, "out-twice");
    EXPECT_EQ(receive(kPartner, kSyn | kAck).reasons, "pass-auth-firewall");
    EXPECT_EQ(send(kPartner, kAck).reasons, "pass-auth-firewall");
    EXPECT_EQ(send(kPartner, kSyn).reasons, "out-twice");
}

TEST_F(AuthFirewallTest, APlainSynDoesNotReopenAConnection) {
    know(kPartner, kTcp, KL_CONNECTION_AUTHORIZED | KL_CONNECTION_OPENING);
    EXPECT_EQ(receive(kPartner, kSyn).reasons, "pass-auth-firewall");
    EXPECT_EQ(receive(kPartner, kSyn).reasons, "pass-auth-firewall");
    EXPECT_EQ(send(kPartner, kSyn | kAck).reasons, "pass-auth-firewall");
    EXPECT_EQ(receive(kPartner, kAck).reasons, "pass-auth-firewall");
    EXPECT_EQ(receive(kPartner, kSyn).reasons, "in-judged");
}

TEST_F(AuthFirewallTest, AnOpenTcpConnectionHasNoTimerAClosingOneHas) {
    know(kPartner, kTcp, KL_CONNECTION_AUTHORIZED, seconds_ago(4000));
    EXPECT_EQ(receive(kPartner, kFin).reasons, "pass-auth-firewall");
    const auto connection = connections().lookup<kl_connection>(tuple(kPartner, kTcp));
    ASSERT_TRUE(connection);
    EXPECT_NE(connection->flags & KL_CONNECTION_CLOSING, 0U);
    EXPECT_EQ(send(kPartner, kAck).reasons, "pass-auth-firewall");
    know(kPartner, kTcp, connection->flags, seconds_ago(61));
    EXPECT_EQ(receive(kPartner, kAck).reasons, "in-judged");
}

TEST_F(AuthFirewallTest, AProhibitionHasTheNextPacketSentTwice) {
    EXPECT_EQ(receive_error(kPartner, 3, 13).reasons, "in-judged");  // about nothing
    EXPECT_EQ(send(kPartner).reasons, "out-twice");
    EXPECT_EQ(send(kPartner).reasons, "pass-auth-firewall");
    EXPECT_EQ(receive_error(kPartner, 3, 13).reasons, "pass-auth-firewall");
    EXPECT_EQ(send(kPartner).reasons, "out-twice");
    EXPECT_EQ(send(kPartner).reasons, "pass-auth-firewall");

    EXPECT_EQ(send(kPartnerV6).reasons, "out-twice");
    EXPECT_EQ(receive_error(kPartnerV6, 1, 1).reasons, "pass-auth-firewall");
    EXPECT_EQ(send(kPartnerV6).reasons, "out-twice");
}

TEST_F(AuthFirewallTest, OtherErrorsAboutTheConnectionPassAndAskForNothing) {
    EXPECT_EQ(send(kPartner).reasons, "out-twice");
    EXPECT_EQ(receive_error(kPartner, 3, 3).reasons, "pass-auth-firewall");
    EXPECT_EQ(send(kPartner).reasons, "pass-auth-firewall");
}

TEST_F(AuthFirewallTest, AllFragmentsOfTheFirstDatagramGoTwice) {
    Bytes first = packet(kUs, kPartner), later = first;
    first[20] = 0x20;  // more fragments
    later[21] = 4;     // offset
    EXPECT_EQ(run(Program::kEgress, first).reasons, "out-twice");
    EXPECT_EQ(run(Program::kEgress, later).reasons, "out-twice");
    EXPECT_EQ(run(Program::kEgress, first).reasons, "pass-auth-firewall");
    EXPECT_EQ(run(Program::kEgress, later).reasons, "pass-auth-firewall");
}

}  // namespace
}  // namespace keyline::datapath
