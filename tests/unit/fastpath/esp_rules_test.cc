// The rules of sealing and opening one packet: headers, ECN, padding, selectors, lifetimes, sequence numbers.
#include <gtest/gtest.h>

#include <set>

#include "fastpath/ecn.h"
#include "fastpath/open.h"
#include "fastpath/openssl_engine.h"
#include "fastpath/seal.h"
#include "unit/fastpath/packets.h"

namespace keyline::fastpath::testing {
namespace {

class EspRules : public ::testing::Test {
  protected:
    struct Sealed {
        kl_reason reason;
        Bytes packet;
        SealRequest request;
    };
    Sealed seal(TestSa& sa, ByteView packet, const Clock& clock = {}) {
        Buffer buffer(packet);
        SealRequest request{.frame = &buffer.frame, .sa = sa.sa.get(), .path_mtu = 1500};
        Sealer(*engine_, &sa_events_).seal({&request, 1}, clock);
        return {request.reason, buffer.packet(), request};
    }
    struct Opened {
        kl_reason reason;
        Bytes packet;
    };
    Opened open(TestSa& sa, ByteView packet, const Clock& clock = {}) {
        Buffer buffer(packet);
        OpenRequest request{.frame = &buffer.frame, .sa = sa.sa.get()};
        Opener(*engine_, &sa_events_).open({&request, 1}, clock);
        return {request.reason, buffer.packet()};
    }
    // Seals `text`, trailer and all, as a peer that keeps to no rule might.
    Bytes forge(const SaMaker& maker, Bytes text, std::uint32_t sequence = 1) {
        auto context = engine_->make_context(*suite_of(maker.sa(KL_OUTBOUND), maker.keys()), maker.keys(),
                                             KL_OUTBOUND, false);
        const Bytes header = UdpPacket{.payload_octets = 0}.build();
        Bytes packet(header.begin(), header.begin() + 20);
        append_be32(packet, maker.sa(KL_OUTBOUND).spi);
        append_be32(packet, sequence);
        packet.resize(packet.size() + 8);
        store_be32(&packet[32], sequence);
        append(packet, text);
        packet.resize(packet.size() + 16);
        packet[9] = kProtocolEsp;
        set_total_octets(packet, static_cast<std::uint32_t>(packet.size()));
        CryptoJob job{.context = context->get(),
                      .esp = &packet[20],
                      .text_octets = static_cast<std::uint32_t>(text.size())};
        engine_->run({&job, 1});
        EXPECT_TRUE(job.ok);
        return packet;
    }

    std::unique_ptr<CryptoEngine> engine_ = make_openssl_engine();
    std::uint32_t sa_events_ = 0;
};

TEST_F(EspRules, OuterHeaderCopiesWhatRfc4301Says) {
    for (const std::uint8_t outer : {KL_FAMILY_V4, KL_FAMILY_V6}) {
        for (const std::uint8_t inner : {KL_FAMILY_V4, KL_FAMILY_V6}) {
            for (const bool df : {false, true}) {
                TestSa sa(*engine_, {.mode = KL_TUNNEL, .family = outer, .inner_family = inner}, KL_OUTBOUND);
                const auto sealed = seal(
                    sa, UdpPacket{.family = inner, .traffic_class = 0xb9, .hop_limit = 3, .dont_fragment = df}
                            .build());
                ASSERT_EQ(sealed.reason, KL_REASON_SEALED);
                const auto ip = parse_ip(sealed.packet);
                ASSERT_TRUE(ip);
                EXPECT_EQ(ip->family, outer);
                EXPECT_EQ(ip->traffic_class, 0xb9) << "DSCP and ECN are copied";
                EXPECT_EQ(ip->hop_limit, 64) << "the inner one is not";
                EXPECT_EQ(ip->protocol, kProtocolEsp);
                EXPECT_EQ(ip->total_octets, sealed.packet.size());
                if (outer == KL_FAMILY_V4) {
                    EXPECT_EQ(ip->dont_fragment, df || inner == KL_FAMILY_V6);
                }
                if (outer == KL_FAMILY_V4) {
                    EXPECT_EQ(checksum_finish(checksum_add(std::span(sealed.packet).first(20))), 0);
                }
                if (outer == KL_FAMILY_V6 && inner == KL_FAMILY_V6) {
                    EXPECT_EQ(load_be32(sealed.packet.data()) & 0xfffff, 0x54321U) << "flow label";
                }
            }
        }
    }
}

// RFC 4303 3.1.1: options stay in front, and so do the headers that are processed on the way.
TEST_F(EspRules, TransportModeKeepsOptionsAndTheRightExtensionHeaders) {
    {
        TestSa out(*engine_, SaMaker{}, KL_OUTBOUND), in(*engine_, SaMaker{}, KL_INBOUND);
        const Bytes packet = UdpPacket{.options = {0x94, 4, 0, 0}}.build();
        const auto sealed = seal(out, packet);
        ASSERT_EQ(sealed.reason, KL_REASON_SEALED);
        EXPECT_EQ(load_be32(&sealed.packet[24]), SaMaker{}.sa(KL_OUTBOUND).spi);
        EXPECT_EQ(open(in, sealed.packet).packet, packet);
    }
    constexpr std::uint8_t kHopByHop = 0, kRouting = 43, kDestination = 60;
    struct Chain {
        std::vector<std::uint8_t> headers;
        std::uint32_t esp_at;
    };
    const Chain chains[] = {
        {{kHopByHop}, 48},
        {{kDestination}, 40},
        {{kHopByHop, kRouting}, 56},
        {{kHopByHop, kDestination, kRouting, kDestination}, 64},
        {{kHopByHop, kDestination, kRouting, kProtocolFragment, kDestination}, 72},
    };
    for (const Chain& chain : chains) {
        SaMaker maker{.family = KL_FAMILY_V6, .inner_family = KL_FAMILY_V6};
        TestSa out(*engine_, maker, KL_OUTBOUND), in(*engine_, maker, KL_INBOUND);
        Bytes extensions;
        for (std::size_t i = 0; i < chain.headers.size(); ++i) {
            Bytes header(8, 0);
            header[0] = i + 1 < chain.headers.size() ? chain.headers[i + 1] : kProtocolUdp;
            append(extensions, header);
        }
        const Bytes packet =
            UdpPacket{.family = KL_FAMILY_V6, .extensions = extensions, .first_extension = chain.headers[0]}
                .build();
        const auto sealed = seal(out, packet);
        ASSERT_EQ(sealed.reason, KL_REASON_SEALED);
        EXPECT_EQ(load_be32(&sealed.packet[chain.esp_at]), maker.sa(KL_OUTBOUND).spi);
        const auto opened = open(in, sealed.packet);
        EXPECT_EQ(opened.reason, KL_REASON_OPENED);
        EXPECT_EQ(opened.packet, packet);
    }
}

TEST_F(EspRules, EcnAtTheEndOfATunnel) {
    // RFC 6040 figure 4, by inner and outer field; -1: drop.
    constexpr int kTable[4][4] = {{0, 0, 0, -1}, {1, 1, 1, 3}, {2, 1, 2, 3}, {3, 3, 3, 3}};
    for (std::uint8_t inner = 0; inner < 4; ++inner) {
        for (std::uint8_t outer = 0; outer < 4; ++outer) {
            const auto result = decapsulated_traffic_class(0xa0 | inner, 0x10 | outer);
            if (kTable[inner][outer] < 0) {
                EXPECT_FALSE(result);
            } else {
                EXPECT_EQ(result, 0xa0 | kTable[inner][outer]) << "the outer DSCP is discarded";
            }
        }
    }
}

TEST_F(EspRules, CongestionOnTheWayReachesTheInnerPacket) {
    const SaMaker maker{.mode = KL_TUNNEL};
    for (const std::uint8_t ecn : {0, 1, 2}) {
        TestSa out(*engine_, maker, KL_OUTBOUND), in(*engine_, maker, KL_INBOUND);
        Bytes sealed = seal(out, UdpPacket{.traffic_class = ecn}.build()).packet;
        set_traffic_class(sealed, 3);
        const auto opened = open(in, sealed);
        if (ecn == 0) {
            EXPECT_EQ(opened.reason, KL_REASON_DROP_CONGESTION);
        } else {
            ASSERT_EQ(opened.reason, KL_REASON_OPENED);
            EXPECT_EQ(opened.packet[1], 3);
            EXPECT_EQ(checksum_finish(checksum_add(std::span(opened.packet).first(20))), 0);
        }
    }
}

TEST_F(EspRules, TrailerIsChecked) {
    struct Case {
        Bytes trailer;
        kl_reason reason;
    };
    const Bytes udp = {0x9c, 0x40, 0x13, 0x88, 0, 8, 0, 0};
    const Case cases[] = {
        {{1, 2, 2, 17}, KL_REASON_OPENED},       {{1, 3, 2, 17}, KL_REASON_DROP_PADDING},
        {{0, 0, 2, 17}, KL_REASON_DROP_PADDING}, {{1, 2, 200, 17}, KL_REASON_DROP_PADDING},
        {{1, 2, 2, 59}, KL_REASON_DUMMY},
    };
    for (const Case& c : cases) {
        Bytes text = udp;
        append(text, c.trailer);
        TestSa in(*engine_, SaMaker{}, KL_INBOUND);
        EXPECT_EQ(open(in, forge({}, text)).reason, c.reason);
        EXPECT_EQ(in.state.sequence, 1U) << "it was authentic, so the window advanced";
    }
}

TEST_F(EspRules, TunnelContentMustBeWhatItSays) {
    const SaMaker maker{.mode = KL_TUNNEL};
    const Bytes inner = UdpPacket{.payload_octets = 16}.build();
    const auto with = [&](Bytes text, std::uint8_t next_header) {
        while ((text.size() + 2) % 4 != 0)
            text.push_back(0xaa);  // behind the packet: not ESP padding
        append(text, Bytes{0, next_header});
        TestSa in(*engine_, maker, KL_INBOUND);
        return open(in, forge(maker, text)).reason;
    };
    EXPECT_EQ(with(inner, kProtocolIpv4), KL_REASON_OPENED);
    EXPECT_EQ(with(inner, kProtocolIpv6), KL_REASON_DROP_HEADERS);
    EXPECT_EQ(with(inner, kProtocolUdp), KL_REASON_DROP_HEADERS);
    Bytes longer = inner;
    longer.resize(inner.size() + 100);
    EXPECT_EQ(with(longer, kProtocolIpv4), KL_REASON_OPENED)
        << "traffic flow confidentiality padding, RFC 4303 2.7";
    EXPECT_EQ(with(Bytes(inner.begin(), inner.end() - 8), kProtocolIpv4), KL_REASON_DROP_TRUNCATED);
}

TEST_F(EspRules, SelectorOfTheSaIsEnforced) {
    const SaMaker maker{.mode = KL_TUNNEL};
    const auto reason_with = [&](auto change) {
        kl_sa sa = maker.sa(KL_INBOUND);
        change(sa.selector);
        TestSa out(*engine_, maker, KL_OUTBOUND);
        TestSa in(*engine_, sa, maker.keys());
        return open(in, seal(out, UdpPacket{}.build()).packet).reason;
    };
    const auto prefix = [](kl_address& to, std::uint8_t last) { to = SaMaker::address(KL_FAMILY_V4, last); };
    EXPECT_EQ(reason_with([](kl_selector&) {}), KL_REASON_OPENED);
    EXPECT_EQ(reason_with([&](kl_selector& s) { prefix(s.local, 2), s.local_prefix = 32; }),
              KL_REASON_OPENED);
    EXPECT_EQ(reason_with([&](kl_selector& s) { prefix(s.local, 1), s.local_prefix = 32; }),
              KL_REASON_DROP_SELECTOR);
    EXPECT_EQ(reason_with([&](kl_selector& s) { prefix(s.local, 0), s.local_prefix = 30; }),
              KL_REASON_OPENED);
    EXPECT_EQ(reason_with([&](kl_selector& s) { prefix(s.remote, 2), s.remote_prefix = 31; }),
              KL_REASON_DROP_SELECTOR);
    EXPECT_EQ(reason_with([](kl_selector& s) { s.protocol = kProtocolUdp; }), KL_REASON_OPENED);
    EXPECT_EQ(reason_with([](kl_selector& s) { s.protocol = kProtocolTcp; }), KL_REASON_DROP_SELECTOR);
    EXPECT_EQ(reason_with([](kl_selector& s) { s.protocol = kProtocolUdp, s.local_port = 5000; }),
              KL_REASON_OPENED);
    EXPECT_EQ(reason_with([](kl_selector& s) { s.protocol = kProtocolUdp, s.remote_port = 5000; }),
              KL_REASON_DROP_SELECTOR);
    EXPECT_EQ(reason_with([](kl_selector& s) { s.family = KL_FAMILY_V6; }), KL_REASON_DROP_SELECTOR);
}

TEST_F(EspRules, LifetimesOfEitherDirection) {
    const Bytes packet = UdpPacket{.payload_octets = 72}.build();  // 100 octets
    struct Case {
        void (*set)(kl_sa&);
        unsigned soft_after, hard_after;  // packets
    };
    const Case cases[] = {
        {[](kl_sa& sa) { sa.soft_packets = 3, sa.hard_packets = 5; }, 3, 5},
        {[](kl_sa& sa) { sa.soft_octets = 250, sa.hard_octets = 500; }, 3, 5},
    };
    for (const Case& c : cases) {
        kl_sa out_sa = SaMaker{}.sa(KL_OUTBOUND), in_sa = SaMaker{}.sa(KL_INBOUND);
        c.set(out_sa);
        c.set(in_sa);
        TestSa out(*engine_, out_sa, SaMaker{}.keys()), in(*engine_, in_sa, SaMaker{}.keys());
        TestSa unlimited(*engine_, SaMaker{}, KL_OUTBOUND);
        sa_events_ = 0;
        for (unsigned sent = 1; sent <= c.hard_after; ++sent) {
            ASSERT_EQ(seal(out, packet).reason, KL_REASON_SEALED);
            ASSERT_EQ(open(in, seal(unlimited, packet).packet).reason, KL_REASON_OPENED);
            ASSERT_EQ((out.state.flags & KL_SA_SOFT_EXPIRED) != 0, sent >= c.soft_after);
            ASSERT_EQ((in.state.flags & KL_SA_SOFT_EXPIRED) != 0, sent >= c.soft_after);
        }
        EXPECT_EQ(sa_events_, 4U) << "each limit of each SA is told once";
        EXPECT_EQ(seal(out, packet).reason, KL_REASON_DROP_LIFETIME);
        EXPECT_EQ(open(in, seal(unlimited, packet).packet).reason, KL_REASON_DROP_LIFETIME);
        EXPECT_EQ(out.state.flags, KL_SA_SOFT_EXPIRED | KL_SA_HARD_EXPIRED);
    }
    kl_sa timed = SaMaker{}.sa(KL_OUTBOUND);
    timed.installed = 1000;
    timed.soft_seconds = 60;
    timed.hard_seconds = 90;
    TestSa sa(*engine_, timed, SaMaker{}.keys());
    sa_events_ = 0;
    EXPECT_EQ(seal(sa, packet, {.realtime = 1059}).reason, KL_REASON_SEALED);
    EXPECT_EQ(sa_events_, 0U);
    EXPECT_EQ(seal(sa, packet, {.realtime = 1060}).reason, KL_REASON_SEALED);
    EXPECT_EQ(sa_events_, 1U);
    EXPECT_EQ(seal(sa, packet, {.realtime = 1090}).reason, KL_REASON_DROP_LIFETIME);
}

TEST_F(EspRules, SequenceNumbersEndWhereTheyMust) {
    const Bytes packet = UdpPacket{}.build();
    TestSa plain(*engine_, SaMaker{}, KL_OUTBOUND);
    plain.state.sequence = UINT32_MAX - 1;
    const auto last = seal(plain, packet);
    EXPECT_EQ(last.reason, KL_REASON_SEALED);
    EXPECT_EQ(load_be32(&last.packet[24]), UINT32_MAX);
    EXPECT_EQ(seal(plain, packet).reason, KL_REASON_DROP_SEQUENCE);
    TestSa esn(*engine_, {.flags = KL_SA_ESN}, KL_OUTBOUND);
    esn.state.sequence = UINT32_MAX;
    const auto next = seal(esn, packet);
    EXPECT_EQ(next.reason, KL_REASON_SEALED);
    EXPECT_EQ(load_be32(&next.packet[24]), 0U);
    EXPECT_EQ(load_be64(&next.packet[28]), 0x100000000ULL) << "the explicit IV of GCM is the whole number";
}

TEST_F(EspRules, IvsOfCbcAreNeverTheSame) {
    TestSa sa(*engine_, {.suite = kSuites[3]}, KL_OUTBOUND);
    Sealer sealer(*engine_, &sa_events_);
    std::set<Bytes> ivs;
    for (int i = 0; i < 2000; ++i) {  // several pools
        Buffer buffer(UdpPacket{.payload_octets = 8}.build(), 512);
        SealRequest request{.frame = &buffer.frame, .sa = sa.sa.get(), .path_mtu = 1500};
        sealer.seal({&request, 1}, {});
        const Bytes packet = buffer.packet();
        ivs.insert(Bytes(packet.begin() + 28, packet.begin() + 44));
    }
    EXPECT_EQ(ivs.size(), 2000U);
}

// RFC 3948 3.1.2: behind a NAT the sender summed other addresses.
TEST_F(EspRules, ChecksumIsRenewedBehindANat) {
    const SaMaker maker{.flags = KL_SA_UDP_ENCAP};
    TestSa out(*engine_, maker, KL_OUTBOUND), in(*engine_, maker, KL_INBOUND);
    Bytes sealed = seal(out, UdpPacket{}.build()).packet;
    sealed[15] = 99;  // the source as the NAT has it
    write_ipv4_checksum(std::span(sealed).first(20));
    const auto opened = open(in, sealed);
    ASSERT_EQ(opened.reason, KL_REASON_OPENED);
    const ByteView udp = ByteView(opened.packet).subspan(20);
    EXPECT_EQ(checksum_finish(checksum_add(udp, pseudo_header_sum(opened.packet, kProtocolUdp,
                                                                  static_cast<std::uint32_t>(udp.size())))),
              0);
}

// RFC 3947 7: where the newest authenticated packet came from is noted, and told once.
TEST_F(EspRules, ThePeerBehindANatIsFollowed) {
    const SaMaker maker{.flags = KL_SA_UDP_ENCAP | KL_SA_FOLLOW_PEER};
    TestSa out(*engine_, maker, KL_OUTBOUND), in(*engine_, maker, KL_INBOUND);
    const auto from = [&](std::uint8_t host, std::uint16_t port) {
        Bytes sealed = seal(out, UdpPacket{}.build()).packet;
        sealed[15] = host;
        store_be16(&sealed[20], port);
        write_ipv4_checksum(std::span(sealed).first(20));
        return sealed;
    };
    const auto source = [](std::uint8_t host, std::uint16_t port) {
        const std::uint8_t address[] = {10, 0, 0, host};
        return kl_source(address, port);
    };
    in.state.source = source(1, 4500);
    EXPECT_EQ(open(in, from(1, 4500)).reason, KL_REASON_OPENED);
    EXPECT_EQ(sa_events_, 0U);
    const Bytes early = from(1, 4500), replayed = from(99, 20001);
    EXPECT_EQ(open(in, replayed).reason, KL_REASON_OPENED);
    EXPECT_EQ(in.state.source, source(99, 20001));
    EXPECT_EQ(sa_events_, 1U);
    EXPECT_EQ(open(in, from(99, 20001)).reason, KL_REASON_OPENED);
    EXPECT_EQ(sa_events_, 1U) << "told once";

    EXPECT_EQ(open(in, early).reason, KL_REASON_OPENED);
    EXPECT_EQ(in.state.source, source(99, 20001)) << "a late packet of the old mapping is no news";
    Bytes again = replayed;
    again[15] = 66;
    EXPECT_EQ(open(in, again).reason, KL_REASON_DROP_REPLAY);
    Bytes forged = from(66, 20002);
    forged.back() ^= 1;
    EXPECT_EQ(open(in, forged).reason, KL_REASON_DROP_ICV);
    EXPECT_EQ(in.state.source, source(99, 20001));
    EXPECT_EQ(sa_events_, 1U);

    TestSa still(*engine_, SaMaker{.flags = KL_SA_UDP_ENCAP}, KL_INBOUND);
    EXPECT_EQ(open(still, from(99, 20003)).reason, KL_REASON_OPENED);
    EXPECT_EQ(still.state.source, 0U) << "this peer is behind no NAT";
}

// RFC 3948 2.1, 3.1.1: eight octets more than plain ESP, and a sender is told of what is left.
TEST_F(EspRules, UdpEncapsulationTakesEightOctetsOfTheMtu) {
    for (const kl_mode mode : {KL_TRANSPORT, KL_TUNNEL}) {
        TestSa plain(*engine_, {.mode = mode}, KL_OUTBOUND);
        TestSa encapsulated(*engine_, {.mode = mode, .flags = KL_SA_UDP_ENCAP}, KL_OUTBOUND);
        const std::uint32_t left = plaintext_mtu(*encapsulated.sa, 1500, 20);
        EXPECT_EQ(left, plaintext_mtu(*plain.sa, 1492, 20));
        UdpPacket packet{.dont_fragment = true};
        packet.payload_octets = left - 28;
        const auto fits = seal(encapsulated, packet.build());
        ASSERT_EQ(fits.reason, KL_REASON_SEALED);
        EXPECT_LE(fits.packet.size(), 1500U);
        EXPECT_EQ(load_be16(&fits.packet[24]), fits.packet.size() - 20) << "the UDP length";
        ++packet.payload_octets;
        EXPECT_EQ(seal(encapsulated, packet.build()).reason, KL_REASON_DROP_TOO_BIG);
    }
}

TEST_F(EspRules, AUdpLengthThatContradictsThePacketIsRefused) {
    const SaMaker maker{.flags = KL_SA_UDP_ENCAP};
    TestSa out(*engine_, maker, KL_OUTBOUND), in(*engine_, maker, KL_INBOUND);
    const Bytes sealed = seal(out, UdpPacket{}.build()).packet;
    for (const int change : {-8, -1, 1, 100}) {
        Bytes wrong = sealed;
        store_be16(&wrong[24], static_cast<std::uint32_t>(load_be16(&wrong[24]) + change));
        EXPECT_EQ(open(in, wrong).reason, KL_REASON_DROP_TRUNCATED) << change;
    }
    EXPECT_EQ(open(in, sealed).reason, KL_REASON_OPENED);
}

TEST_F(EspRules, TruncatedAtEveryLengthIsRefused) {
    for (const kl_mode mode : {KL_TRANSPORT, KL_TUNNEL}) {
        TestSa out(*engine_, {.mode = mode}, KL_OUTBOUND);
        const Bytes sealed = seal(out, UdpPacket{.payload_octets = 30}.build()).packet;
        for (std::size_t length = 0; length < sealed.size(); ++length) {
            TestSa in(*engine_, {.mode = mode}, KL_INBOUND);
            Bytes cut(sealed.begin(), sealed.begin() + static_cast<std::ptrdiff_t>(length));
            EXPECT_EQ(open(in, cut).reason, KL_REASON_DROP_TRUNCATED) << length;
            if (length < 20) continue;
            set_total_octets(cut, static_cast<std::uint32_t>(length));  // and with a length that says so
            const kl_reason reason = open(in, cut).reason;
            EXPECT_TRUE(reason == KL_REASON_DROP_TRUNCATED || reason == KL_REASON_DROP_ICV) << length;
        }
    }
}

TEST_F(EspRules, AnSaServesItsOwnDirectionOnly) {
    TestSa out(*engine_, SaMaker{}, KL_OUTBOUND), in(*engine_, SaMaker{}, KL_INBOUND);
    EXPECT_EQ(seal(in, UdpPacket{}.build()).reason, KL_REASON_DROP_NO_SA);
    EXPECT_EQ(open(out, seal(out, UdpPacket{}.build()).packet).reason, KL_REASON_DROP_SPI);
}

TEST_F(EspRules, SuitesThatAreNotServedAreNamed) {
    kl_sa sa = SaMaker{}.sa(KL_OUTBOUND);
    sa.encryption = KL_ENCR_3DES_CBC;
    kl_sa_state state{};
    const auto made = make_security_association(*engine_, sa, SaMaker{}.keys(), &state);
    ASSERT_FALSE(made);
    EXPECT_NE(made.error().find("c0ffee01"), std::string::npos);
}

}  // namespace
}  // namespace keyline::fastpath::testing
