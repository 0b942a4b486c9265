// Frames in, frames out: what the fast path makes of each handover, without sockets and maps.
#include <gmock/gmock.h>

#include "fastpath/fragment.h"
#include "unit/fastpath/packet_path_fixture.h"

namespace keyline::fastpath::testing {
namespace {

TEST_F(PacketPathTest, SealLeavesByThePortWithItsAddressAndKeepsTheNextHop) {
    install({});
    seal(UdpPacket{}.build());
    ASSERT_EQ(sink_.sent.size(), 1U);
    const Sent& sent = sink_.sent[0];
    EXPECT_EQ(sent.port, kUnprotected);
    EXPECT_THAT(Bytes(sent.frame.begin(), sent.frame.begin() + 6), ::testing::Each(0x22));
    EXPECT_EQ(Bytes(sent.frame.begin() + 6, sent.frame.begin() + 12), (Bytes{2, 0, 0, 0, 0, 7}));
    EXPECT_EQ(sent.packet()[9], kProtocolEsp);
    EXPECT_EQ(counted(KL_REASON_SEALED), 1U);
}

TEST_F(PacketPathTest, OpenDeliversToTheHostThroughTheHandoverPort) {
    install({});
    const Bytes packet = UdpPacket{}.build();
    open(sealed(packet));
    ASSERT_EQ(sink_.sent.size(), 1U);
    EXPECT_EQ(sink_.sent[0].port, KL_HANDOVER_PORT);
    EXPECT_EQ(sink_.sent[0].handover().kind, KL_HANDOVER_OPEN);
    EXPECT_EQ(sink_.sent[0].handover().port, kUnprotected);
    EXPECT_EQ(sink_.sent[0].packet(), packet);
    EXPECT_EQ(counted(KL_REASON_OPENED), 1U);
}

TEST_F(PacketPathTest, FamilyChangesWithTheTunnel) {
    install({.mode = KL_TUNNEL, .family = KL_FAMILY_V4, .inner_family = KL_FAMILY_V6});
    const Bytes packet = UdpPacket{.family = KL_FAMILY_V6}.build();
    seal(packet);
    ASSERT_EQ(sink_.sent.size(), 1U);
    EXPECT_EQ(load_be16(&sink_.sent[0].frame[12]), 0x0800);
    const Bytes esp = sink_.sent[0].packet();
    sink_.sent.clear();
    open(esp);
    ASSERT_EQ(sink_.sent.size(), 1U);
    EXPECT_EQ(load_be16(&sink_.sent[0].frame[12]), 0x86dd);
    EXPECT_EQ(sink_.sent[0].packet(), packet);
}

TEST_F(PacketPathTest, EthernetPaddingIsNotSealed) {
    install({});
    Bytes padded = UdpPacket{.payload_octets = 1}.build();
    const Bytes packet = padded;
    padded.resize(46);
    open(sealed(padded));
    ASSERT_EQ(sink_.sent.size(), 1U);
    EXPECT_EQ(sink_.sent[0].packet(), packet);
}

TEST_F(PacketPathTest, OnlyForwardedPacketsLoseAHop) {
    install({.mode = KL_TUNNEL});
    const auto delivered_hop_limit = [&](std::uint8_t port) {
        seal(UdpPacket{.hop_limit = 9}.build(), port);
        const Bytes esp = sink_.sent.back().packet();
        open(esp);
        const std::uint8_t hop_limit = sink_.sent.back().packet()[8];
        sink_.sent.clear();
        return hop_limit;
    };
    EXPECT_EQ(delivered_hop_limit(kProtected), 8);
    EXPECT_EQ(delivered_hop_limit(KL_HANDOVER_PORT), 9);
}

TEST_F(PacketPathTest, LastHopIsToldTimeExceeded) {
    install({.mode = KL_TUNNEL});
    const Bytes packet = UdpPacket{.hop_limit = 1}.build();
    seal(packet, kProtected);
    ASSERT_EQ(sink_.sent.size(), 1U);
    const Bytes error = sink_.sent[0].packet();
    EXPECT_EQ(error[20], 11);
    EXPECT_EQ(counted(KL_REASON_DROP_HOP_LIMIT), 1U);
    EXPECT_EQ(counted(KL_REASON_ICMP_SENT), 1U);
}

TEST_F(PacketPathTest, TooBigWithDfIsToldTheSizeThatFits) {
    std::uint64_t now = 1'000'000'000'000;
    for (const std::uint8_t family : {KL_FAMILY_V4, KL_FAMILY_V6}) {
        for (const kl_mode mode : {KL_TRANSPORT, KL_TUNNEL}) {
            for (const SuiteChoice& suite : kSuites) {
                install({.suite = suite, .mode = mode, .family = family, .inner_family = family});
                const auto of_size = [&](std::uint32_t octets) {
                    const std::uint32_t headers = family == KL_FAMILY_V4 ? 28 : 48;
                    return UdpPacket{
                        .family = family, .payload_octets = octets - headers, .dont_fragment = true}
                        .build();
                };
                sink_.sent.clear();
                path_.set_clock({.monotonic = now += 1'000'000'000});  // the limit on errors is per time
                seal(of_size(1500));
                ASSERT_EQ(sink_.sent.size(), 1U);
                const Bytes error = sink_.sent[0].packet();
                ASSERT_EQ(sink_.sent[0].port, KL_HANDOVER_PORT);
                const std::uint32_t mtu =
                    family == KL_FAMILY_V4 ? load_be16(&error[26]) : load_be32(&error[44]);
                ASSERT_EQ(error[family == KL_FAMILY_V4 ? 20 : 40], family == KL_FAMILY_V4 ? 3 : 2);
                sink_.sent.clear();
                // It is exact: that size passes in one piece, one octet more does not.
                seal(of_size(mtu));
                ASSERT_EQ(sink_.sent.size(), 1U) << suite.name << ' ' << mtu;
                ASSERT_EQ(sink_.sent[0].packet()[family == KL_FAMILY_V4 ? 9 : 6], kProtocolEsp);
                ASSERT_LE(sink_.sent[0].packet().size(), 1500U);
                sink_.sent.clear();
                seal(of_size(mtu + 1));
                ASSERT_EQ(sink_.sent.size(), 1U);
                ASSERT_NE(sink_.sent[0].packet()[family == KL_FAMILY_V4 ? 9 : 6], kProtocolEsp);
            }
        }
    }
}

TEST_F(PacketPathTest, ErrorsComeFromTheDestinationAndQuoteThePacket) {
    install({});
    const Bytes packet = UdpPacket{.payload_octets = 1472, .dont_fragment = true}.build();
    seal(packet);
    ASSERT_EQ(sink_.sent.size(), 1U);
    const Bytes error = sink_.sent[0].packet();
    EXPECT_TRUE(std::equal(&error[12], &error[16], &packet[16]));
    EXPECT_TRUE(std::equal(&error[16], &error[20], &packet[12]));
    EXPECT_TRUE(std::equal(error.begin() + 28, error.end(), packet.begin()));
    EXPECT_EQ(checksum_finish(checksum_add(std::span(error).subspan(20))), 0);
    EXPECT_EQ(checksum_finish(checksum_add(std::span(error).first(20))), 0);
}

TEST_F(PacketPathTest, NoErrorAboutAnError) {
    install({.mode = KL_TUNNEL});
    Bytes packet = UdpPacket{.payload_octets = 1472, .dont_fragment = true}.build();
    packet[9] = kProtocolIcmp;
    packet[20] = 3;
    write_ipv4_checksum(std::span(packet).first(20));
    seal(packet);
    EXPECT_TRUE(sink_.sent.empty());
    EXPECT_EQ(counted(KL_REASON_DROP_TOO_BIG), 1U);
}

TEST_F(PacketPathTest, WithoutDfTheEspPacketIsFragmentedAndTheOtherSideReassembles) {
    for (const std::uint8_t family : {KL_FAMILY_V4, KL_FAMILY_V6}) {
        for (const kl_mode mode : {KL_TRANSPORT, KL_TUNNEL}) {
            sink_.sent.clear();
            install({.mode = mode, .family = family, .inner_family = KL_FAMILY_V4});
            if (mode == KL_TRANSPORT && family == KL_FAMILY_V6)
                continue;  // IPv6 is never fragmented on the way
            const Bytes packet = UdpPacket{.payload_octets = 1472}.build();
            seal(packet);
            ASSERT_EQ(sink_.sent.size(), 2U);
            const auto fragments = std::exchange(sink_.sent, {});
            for (auto at = fragments.rbegin(); at != fragments.rend(); ++at) {  // and in the wrong order
                ASSERT_LE(at->packet().size(), 1500U);
                receive(kUnprotected, KL_HANDOVER_REASSEMBLE, 0, at->packet());
            }
            path_.flush();
            ASSERT_EQ(sink_.sent.size(), 1U);
            EXPECT_EQ(sink_.sent[0].packet(), packet);
        }
    }
}

// RFC 4303 3.3.4: the host's fragments are put together, sealed whole, and the ESP packet is fragmented.
TEST_F(PacketPathTest, TransportModeSealsWholePackets) {
    for (const std::uint8_t family : {KL_FAMILY_V4, KL_FAMILY_V6}) {
        for (const std::uint32_t octets : {3000U, 9000U, 60000U}) {
            sink_.sent.clear();
            install({.family = family, .inner_family = family});
            const Bytes packet = UdpPacket{.family = family, .payload_octets = octets}.build();
            fragment_packet(packet, 1500, 77, [&](ByteView headers, ByteView data) {
                Bytes piece(headers.begin(), headers.end());
                append(piece, data);
                receive(KL_HANDOVER_PORT, KL_HANDOVER_SEAL, kOut, piece);
            });
            path_.flush();
            ASSERT_GE(sink_.sent.size(), octets / 1500);
            const auto fragments = std::exchange(sink_.sent, {});
            for (const Sent& fragment : fragments) {
                ASSERT_EQ(fragment.port, kUnprotected);
                ASSERT_LE(fragment.packet().size(), 1500U);
                receive(kUnprotected, KL_HANDOVER_REASSEMBLE, 0, fragment.packet());
            }
            path_.flush();
            ASSERT_EQ(sink_.sent.size(), 1U);
            EXPECT_EQ(sink_.sent[0].packet(), packet);
            EXPECT_EQ(sas_.sas[kIn]->state.packets, 1U);
            EXPECT_EQ(sas_.sas[kOut]->state.errors, 0U);
        }
    }
}

TEST_F(PacketPathTest, TunnelModeSealsEachFragment) {
    install({.mode = KL_TUNNEL});
    const Bytes packet = UdpPacket{.payload_octets = 2000}.build();
    fragment_packet(packet, 1400, 0, [&](ByteView headers, ByteView data) {
        Bytes piece(headers.begin(), headers.end());
        append(piece, data);
        const Bytes esp = sealed(piece);
        open(esp);
        ASSERT_EQ(sink_.sent.size(), 1U);
        EXPECT_EQ(sink_.sent[0].packet(), piece);
        sink_.sent.clear();
    });
    EXPECT_EQ(counted(KL_REASON_OPENED), 2U);
}

// RFC 4301 7: a later fragment has no ports, so an SA with ports judges the whole packet.
TEST_F(PacketPathTest, InnerFragmentsOfAPortSelectorAreJudgedWhole) {
    for (const bool right_port : {true, false}) {
        SaMaker maker{.mode = KL_TUNNEL};
        install(maker);
        kl_sa in = maker.sa(KL_INBOUND);
        in.selector.protocol = kProtocolUdp;
        in.selector.local_port = right_port ? 5000 : 5001;
        sas_.sas[kIn] = std::make_unique<TestSa>(*engine_, in, maker.keys());
        const Bytes packet = UdpPacket{.payload_octets = 2000}.build();
        fragment_packet(packet, 1400, 0, [&](ByteView headers, ByteView data) {
            Bytes piece(headers.begin(), headers.end());
            append(piece, data);
            open(sealed(piece));
        });
        ASSERT_EQ(sink_.sent.size(), right_port ? 1U : 0U);
        if (right_port) {
            EXPECT_EQ(sink_.sent[0].packet(), packet);
        } else {
            EXPECT_EQ(counted(KL_REASON_DROP_SELECTOR), 1U);
        }
        sink_.sent.clear();
    }
}

TEST_F(PacketPathTest, LargerThanTheHandoverMtuIsDeliveredInFragments) {
    install({});
    sink_.handover_mtu = 1000;
    const Bytes esp = sealed(UdpPacket{.payload_octets = 1300}.build());
    open(esp);
    ASSERT_EQ(sink_.sent.size(), 2U);
    EXPECT_LE(sink_.sent[0].packet().size(), 1000U);
    EXPECT_EQ(sink_.sent[1].handover().kind, KL_HANDOVER_OPEN);
}

TEST_F(PacketPathTest, HeldPacketsGoBackToBeClassifiedInTheirOrder) {
    const auto numbered = [](std::uint16_t number) { return UdpPacket{.destination_port = number}.build(); };
    for (std::uint16_t i = 0; i < 3; ++i)
        receive(KL_HANDOVER_PORT, KL_HANDOVER_HOLD, kRule, numbered(i));
    EXPECT_TRUE(path_.is_waiting());
    path_.tick();
    EXPECT_TRUE(sink_.sent.empty());
    sas_.negotiated = Awaited::kFastpathSa;
    path_.tick();
    ASSERT_EQ(sink_.sent.size(), 3U);
    for (std::uint16_t i = 0; i < 3; ++i) {
        EXPECT_EQ(sink_.sent[i].port, KL_HANDOVER_PORT);
        EXPECT_EQ(sink_.sent[i].handover().kind, KL_HANDOVER_HOLD);
        EXPECT_EQ(sink_.sent[i].handover().port, kUnprotected);
        EXPECT_EQ(sink_.sent[i].packet(), numbered(i));
    }
    EXPECT_FALSE(path_.is_waiting());
}

TEST_F(PacketPathTest, HeldPacketsOfAKernelSaGoBackToTheStack) {
    const Bytes packet = UdpPacket{}.build();
    receive(KL_HANDOVER_PORT, KL_HANDOVER_HOLD, kRule, packet);
    receive(KL_HANDOVER_PORT, KL_HANDOVER_HOLD, kRule + 1, packet);
    sas_.negotiated = Awaited::kKernelSa;
    path_.tick();
    EXPECT_TRUE(sink_.sent.empty());
    EXPECT_EQ(sink_.by_stack, (std::vector<Bytes>{packet, packet}));
    EXPECT_EQ(sink_.marks, (std::vector<std::uint32_t>{kRule << 20, (kRule + 1) << 20}));
    EXPECT_FALSE(path_.is_waiting());
}

TEST_F(PacketPathTest, HoldingIsBoundedInNumberAndTime) {
    for (std::size_t i = 0; i < kMaxHeldPerKey + 3; ++i) {
        receive(KL_HANDOVER_PORT, KL_HANDOVER_HOLD, kRule, UdpPacket{}.build());
    }
    EXPECT_EQ(counted(KL_REASON_DROP_HOLD_FULL), 3U);
    for (std::uint32_t rule = 100; rule < 400; ++rule) {
        receive(KL_HANDOVER_PORT, KL_HANDOVER_HOLD, rule, UdpPacket{}.build());
    }
    EXPECT_EQ(counted(KL_REASON_DROP_HOLD_FULL), 3U + 300 - (kMaxHeld - kMaxHeldPerKey));
    path_.set_clock({.monotonic = 1'000'000'000'000 + kHoldTimeout + 1});
    path_.tick();
    EXPECT_EQ(counted(KL_REASON_DROP_HOLD_FAILED), kMaxHeld);
    EXPECT_FALSE(path_.is_waiting());
}

TEST_F(PacketPathTest, EveryDropIsCountedByItsReason) {
    install({});
    const Bytes good = UdpPacket{}.build();
    const Bytes esp = sealed(good);

    receive(KL_HANDOVER_PORT, KL_HANDOVER_SEAL, 99, good);
    EXPECT_EQ(counted(KL_REASON_DROP_NO_SA), 1U);
    receive(kUnprotected, KL_HANDOVER_OPEN, 99, esp);
    EXPECT_EQ(counted(KL_REASON_DROP_SPI), 1U);
    receive(kUnprotected, static_cast<kl_handover_kind>(0), 0, esp);
    EXPECT_EQ(counted(KL_REASON_DROP_HEADERS), 1U);
    seal(Bytes(good.begin(), good.begin() + 30));
    EXPECT_EQ(counted(KL_REASON_DROP_TRUNCATED), 1U);
    open(Bytes(esp.begin(), esp.end() - 20));
    EXPECT_EQ(counted(KL_REASON_DROP_TRUNCATED), 2U);
    receive(kUnprotected, KL_HANDOVER_REASSEMBLE, 0, esp);
    EXPECT_EQ(counted(KL_REASON_DROP_FRAGMENT), 1U);
    Bytes bad = esp;
    bad.back() ^= 1;
    open(bad);
    EXPECT_EQ(counted(KL_REASON_DROP_ICV), 1U);
    open(esp);
    open(esp);
    EXPECT_EQ(counted(KL_REASON_OPENED), 1U);
    EXPECT_EQ(counted(KL_REASON_DROP_REPLAY), 1U);
    sink_.full = true;
    seal(good);
    EXPECT_EQ(counted(KL_REASON_DROP_RING_FULL), 1U);
    sink_.full = false;
    sas_.sas[kOut]->state.sequence = UINT32_MAX;
    seal(good);
    EXPECT_EQ(counted(KL_REASON_DROP_SEQUENCE), 1U);
}

TEST_F(PacketPathTest, FragmentsThatNeverCompleteAreCountedWhenTheirTimeIsOver) {
    install({});
    Bytes packet = UdpPacket{.payload_octets = 2000}.build();
    bool first = true;
    fragment_packet(packet, 1500, 0, [&](ByteView headers, ByteView data) {
        Bytes piece(headers.begin(), headers.end());
        append(piece, data);
        if (std::exchange(first, false)) receive(KL_HANDOVER_PORT, KL_HANDOVER_SEAL, kOut, piece);
    });
    path_.flush();
    EXPECT_TRUE(path_.is_waiting());
    path_.set_clock({.monotonic = 1'000'000'000'000 + kReassemblyTimeout + 1});
    path_.tick();
    EXPECT_EQ(counted(KL_REASON_DROP_FRAGMENT), 1U);
    EXPECT_FALSE(path_.is_waiting());
}

TEST_F(PacketPathTest, ManyMoreThanABurstAtOnce) {
    install({});
    for (std::uint32_t i = 0; i < 200; ++i) {
        receive(KL_HANDOVER_PORT, KL_HANDOVER_SEAL, kOut, UdpPacket{.payload_octets = i}.build());
    }
    path_.flush();
    ASSERT_EQ(sink_.sent.size(), 200U);
    const auto all = std::exchange(sink_.sent, {});
    for (const Sent& sent : all)
        receive(kUnprotected, KL_HANDOVER_OPEN, kIn, sent.packet());
    path_.flush();
    ASSERT_EQ(sink_.sent.size(), 200U);
    for (std::uint32_t i = 0; i < 200; ++i) {
        EXPECT_EQ(sink_.sent[i].packet(), UdpPacket{.payload_octets = i}.build());
    }
}

}  // namespace
}  // namespace keyline::fastpath::testing
