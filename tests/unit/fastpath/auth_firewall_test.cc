// Authenticated firewall (MS-AIPS 3.10) in a worker: what is sent twice, what authorizes, and what is judged.
#include <gtest/gtest.h>

#include <utility>

#include "fastpath/fragment.h"
#include "shared/flow.h"
#include "unit/fastpath/packet_path_fixture.h"

namespace keyline::fastpath::testing {
namespace {

class AuthFirewallTest : public PacketPathTest {
  protected:
    AuthFirewallTest() { install({.mode = KL_AUTH_FIREWALL}); }

    void send_twice(ByteView packet) { receive(KL_HANDOVER_PORT, KL_HANDOVER_TWICE, kOut, packet); }
    void judge(ByteView packet) {
        receive(kUnprotected, KL_HANDOVER_JUDGE, 0, packet);
        path_.flush();
    }
    std::vector<Sent> take_sent() { return std::exchange(sink_.sent, {}); }

    static Bytes tcp_syn() {
        Bytes packet = UdpPacket{.payload_octets = 12}.build();
        packet[9] = kProtocolTcp;
        packet[32] = 0x50;
        packet[33] = KL_TCP_SYN;
        return packet;
    }
};

TEST_F(AuthFirewallTest, FirstUnderTheSaThenAsItIs) {
    const Bytes packet = UdpPacket{}.build();
    send_twice(packet);
    path_.flush();
    ASSERT_EQ(sink_.sent.size(), 2U);
    EXPECT_EQ(sink_.sent[0].packet()[9], kProtocolEsp);
    EXPECT_EQ(sink_.sent[1].packet(), packet);
    for (const Sent& sent : sink_.sent) {
        EXPECT_EQ(sent.port, kUnprotected);
        EXPECT_EQ(Bytes(sent.frame.begin(), sent.frame.begin() + 12),
                  (Bytes{0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 2, 0, 0, 0, 0, 7}));
    }
    EXPECT_EQ(counted(KL_REASON_SEALED), 1U);
    EXPECT_EQ(counted(KL_REASON_SENT_CLEAR), 1U);
}

TEST_F(AuthFirewallTest, WhatCannotBeSealedIsNotSentAtAll) {
    send_twice(UdpPacket{.payload_octets = 1472, .dont_fragment = true}.build());
    path_.flush();
    EXPECT_EQ(counted(KL_REASON_DROP_TOO_BIG), 1U);
    EXPECT_EQ(counted(KL_REASON_SENT_CLEAR), 0U);
    sas_.sas.clear();
    send_twice(UdpPacket{}.build());
    path_.flush();
    EXPECT_EQ(counted(KL_REASON_DROP_NO_SA), 1U);
    EXPECT_EQ(counted(KL_REASON_SENT_CLEAR), 0U);
}

TEST_F(AuthFirewallTest, ADatagramInFragmentsGoesTwiceAsAWhole) {
    const Bytes packet = UdpPacket{.payload_octets = 2000}.build();
    ASSERT_TRUE(fragment_packet(packet, 1500, 1, [&](ByteView headers, ByteView data) {
        Bytes piece(headers.begin(), headers.end());
        append(piece, data);
        send_twice(piece);
    }));
    path_.flush();
    EXPECT_EQ(counted(KL_REASON_SEALED), 1U);
    EXPECT_EQ(counted(KL_REASON_SENT_CLEAR), 1U);
    ASSERT_EQ(sink_.sent.size(), 4U);  // two ESP fragments, then two of the datagram
    EXPECT_EQ(sink_.sent[0].packet()[9], kProtocolEsp);
    EXPECT_EQ(sink_.sent[3].packet()[9], kProtocolUdp);
}

TEST_F(AuthFirewallTest, WhatComesUnderTheSaAuthorizesItsConnectionAndIsDropped) {
    sas_.sas.clear();
    SaMaker maker{.mode = KL_AUTH_FIREWALL};
    kl_sa inbound = maker.sa(KL_INBOUND);
    inbound.impersonation_handle = 7;
    sas_.sas[kOut] = std::make_unique<TestSa>(*engine_, maker, KL_OUTBOUND);
    sas_.sas[kIn] = std::make_unique<TestSa>(*engine_, inbound, maker.keys());
    open(sealed(tcp_syn()));
    EXPECT_TRUE(sink_.sent.empty());
    ASSERT_EQ(connections_.authorized.size(), 1U);
    const auto& [tuple, tcp_flags, user] = connections_.authorized[0];
    EXPECT_EQ(tuple.local.octets[3], 2);
    EXPECT_EQ(tuple.remote_port, 40000);
    EXPECT_EQ(tcp_flags, KL_TCP_SYN);
    EXPECT_EQ(user, 7U);
    EXPECT_EQ(counted(KL_REASON_AUTHORIZED), 1U);
    EXPECT_EQ(counted(KL_REASON_OPENED), 0U);
}

// They came one behind the other, and are one burst.
TEST_F(AuthFirewallTest, PlaintextIsJudgedAfterWhatCameBeforeIt) {
    const Bytes packet = UdpPacket{}.build();
    const Bytes esp = sealed(packet);
    receive(kUnprotected, KL_HANDOVER_OPEN, kIn, esp);
    judge(packet);
    const auto sent = take_sent();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].port, KL_HANDOVER_PORT);
    EXPECT_EQ(sent[0].handover().kind, KL_HANDOVER_OPEN);
    EXPECT_EQ(handover_value(sent[0].handover()), 0U);  // by no SA
    EXPECT_EQ(sent[0].packet(), packet);
    EXPECT_EQ(counted(KL_REASON_PASS_AUTH_FIREWALL), 1U);
}

TEST_F(AuthFirewallTest, WhoIsNotAuthorizedIsAskedToSendTwice) {
    for (const std::uint8_t family : {KL_FAMILY_V4, KL_FAMILY_V6}) {
        judge(UdpPacket{.family = family}.build());
        const auto sent = take_sent();
        ASSERT_EQ(sent.size(), 1U);
        EXPECT_EQ(sent[0].port, kUnprotected);
        const Bytes error = sent[0].packet();
        const bool v4 = family == KL_FAMILY_V4;
        EXPECT_EQ(error[v4 ? 20 : 40], v4 ? 3 : 1);
        EXPECT_EQ(error[v4 ? 21 : 41], v4 ? 13 : 1);
        EXPECT_EQ(error[v4 ? 19 : 39], 1);  // to the sender
    }
    EXPECT_EQ(counted(KL_REASON_ASKED_TWICE), 2U);
    EXPECT_EQ(counted(KL_REASON_DROP_UNAUTHENTICATED), 2U);
}

TEST_F(AuthFirewallTest, TcpIsNotAsked) {
    judge(tcp_syn());
    EXPECT_TRUE(sink_.sent.empty());
    EXPECT_EQ(counted(KL_REASON_DROP_UNAUTHENTICATED), 1U);
}

TEST_F(AuthFirewallTest, FloodsAreNotAnsweredWithAFlood) {
    for (int i = 0; i < 200; ++i)
        judge(UdpPacket{}.build());
    EXPECT_LT(counted(KL_REASON_ASKED_TWICE), 100U);
    EXPECT_EQ(counted(KL_REASON_DROP_UNAUTHENTICATED), 200U);
}

}  // namespace
}  // namespace keyline::fastpath::testing
