// The two engines against each other, and both against themselves: all suites, modes, families, sizes, ESN
// and not.
#include <gtest/gtest.h>

#include "fastpath/ipsec_mb_engine.h"
#include "fastpath/open.h"
#include "fastpath/openssl_engine.h"
#include "fastpath/seal.h"
#include "unit/fastpath/packets.h"

namespace keyline::fastpath::testing {
namespace {

// Every shape an SA of one suite can have, with a name for messages.
struct Shape {
    SaMaker maker;
    std::string name;
};

std::vector<Shape> shapes_of(const SuiteChoice& suite) {
    std::vector<Shape> shapes;
    for (const unsigned flags : {0U, KL_SA_ESN, KL_SA_UDP_ENCAP, KL_SA_ESN | KL_SA_UDP_ENCAP}) {
        for (const std::uint8_t outer : {KL_FAMILY_V4, KL_FAMILY_V6}) {
            for (const std::uint8_t inner : {KL_FAMILY_V4, KL_FAMILY_V6}) {
                for (const kl_mode mode : {KL_TRANSPORT, KL_TUNNEL}) {
                    if (mode == KL_TRANSPORT && inner != outer) continue;
                    shapes.push_back({{.suite = suite,
                                       .mode = mode,
                                       .family = outer,
                                       .inner_family = inner,
                                       .flags = static_cast<std::uint16_t>(flags)},
                                      std::string(mode == KL_TUNNEL ? "tunnel " : "transport ") +
                                          std::to_string(inner) + " in " + std::to_string(outer) +
                                          ((flags & KL_SA_ESN) != 0 ? " esn" : "") +
                                          ((flags & KL_SA_UDP_ENCAP) != 0 ? " udp" : "")});
                }
            }
        }
    }
    return shapes;
}

class EnginePair : public ::testing::TestWithParam<SuiteChoice> {
  protected:
    void SetUp() override {
        auto made = make_ipsec_mb_engine();
        ASSERT_TRUE(made) << made.error();
        ipsec_mb_ = std::move(*made);
    }
    std::unique_ptr<CryptoEngine> openssl_ = make_openssl_engine();
    std::unique_ptr<CryptoEngine> ipsec_mb_;
    std::uint32_t sa_events_ = 0;
};

std::vector<Bytes> random_packets(std::mt19937& random, std::size_t count, std::uint8_t family) {
    std::vector<Bytes> packets;
    for (std::size_t i = 0; i < count; ++i) {
        packets.push_back(UdpPacket{.family = family,
                                    .payload_octets = static_cast<std::uint32_t>(random() % 1500),
                                    .traffic_class = static_cast<std::uint8_t>(random() & 0xfe)}
                              .build());
    }
    return packets;
}

// Seals with one engine and opens with the other; every packet must come back as it was.
void cross(CryptoEngine& sealing, CryptoEngine& opening, const SaMaker& maker, std::uint64_t first_sequence) {
    std::mt19937 random(7);
    std::uint32_t soft = 0;
    TestSa out(sealing, maker, KL_OUTBOUND);
    TestSa in(opening, maker, KL_INBOUND);
    out.state.sequence = first_sequence;
    in.state.sequence = first_sequence;
    Sealer sealer(sealing, &soft);
    Opener opener(opening, &soft);
    for (const std::size_t burst : {1UL, 5UL, kMaxBurst}) {
        const auto packets = random_packets(random, burst, maker.inner_family);
        std::vector<Buffer> buffers(packets.begin(), packets.end());
        std::vector<SealRequest> seals(burst);
        std::vector<OpenRequest> opens(burst);
        for (std::size_t i = 0; i < burst; ++i) {
            seals[i] = {.frame = &buffers[i].frame, .sa = out.sa.get(), .path_mtu = 9000};
            opens[i] = {.frame = &buffers[i].frame, .sa = in.sa.get()};
        }
        sealer.seal(seals, {});
        for (std::size_t i = 0; i < burst; ++i) {
            ASSERT_EQ(seals[i].reason, KL_REASON_SEALED);
            const Bytes sealed = buffers[i].packet();
            ASSERT_TRUE(std::search(sealed.begin(), sealed.end(), packets[i].end() - 20, packets[i].end()) ==
                            sealed.end() ||
                        maker.suite.encryption == KL_ENCR_NULL ||
                        maker.suite.encryption == KL_ENCR_AES_GMAC || packets[i].size() < 70)
                << "plaintext in the sealed packet";
        }
        opener.open(opens, {});
        for (std::size_t i = 0; i < burst; ++i) {
            ASSERT_EQ(opens[i].reason, KL_REASON_OPENED) << i;
            ASSERT_EQ(buffers[i].packet(), packets[i]) << i;
        }
    }
    EXPECT_EQ(out.state.packets, in.state.packets);
    EXPECT_EQ(out.state.octets, in.state.octets);
    EXPECT_EQ(in.state.errors, 0U);
}

TEST_P(EnginePair, EachOpensWhatTheOtherSealed) {
    for (const Shape& shape : shapes_of(GetParam())) {
        SCOPED_TRACE(shape.name);
        // With ESN the high half must take part and change on the way.
        const std::uint64_t first = (shape.maker.flags & KL_SA_ESN) != 0 ? 0x5ffffffe0ULL : 0;
        cross(*openssl_, *ipsec_mb_, shape.maker, first);
        cross(*ipsec_mb_, *openssl_, shape.maker, first);
        cross(*ipsec_mb_, *ipsec_mb_, shape.maker, first);
        cross(*openssl_, *openssl_, shape.maker, first);
        if (HasFatalFailure()) return;
    }
}

// Returns where in the sealed packet ESP starts.
std::size_t esp_offset(const Bytes& packet) {
    const auto ip = parse_ip(packet);
    return ip->upper_at + (ip->protocol == kProtocolUdp ? 8 : 0);
}

TEST_P(EnginePair, NeitherOpensAChangedPacket) {
    for (const Shape& shape : shapes_of(GetParam())) {
        SCOPED_TRACE(shape.name);
        for (CryptoEngine* engine : {openssl_.get(), ipsec_mb_.get()}) {
            TestSa out(*engine, shape.maker, KL_OUTBOUND);
            TestSa in(*engine, shape.maker, KL_INBOUND);
            Sealer sealer(*engine, &sa_events_);
            Opener opener(*engine, &sa_events_);
            Buffer sealed(UdpPacket{.family = shape.maker.inner_family, .payload_octets = 40}.build());
            SealRequest seal{.frame = &sealed.frame, .sa = out.sa.get(), .path_mtu = 1500};
            sealer.seal({&seal, 1}, {});
            ASSERT_EQ(seal.reason, KL_REASON_SEALED);
            const Bytes good = sealed.packet();
            for (std::size_t at = esp_offset(good) + 4; at < good.size(); ++at) {
                Bytes bad = good;
                bad[at] ^= 0x10;
                Buffer received(bad, 2048);
                OpenRequest open{.frame = &received.frame, .sa = in.sa.get()};
                opener.open({&open, 1}, {});
                // A changed number may also be one that the window already refuses.
                ASSERT_TRUE(open.reason == KL_REASON_DROP_ICV || open.reason == KL_REASON_DROP_REPLAY)
                    << "octet " << at;
                ASSERT_EQ(in.state.sequence, 0U) << "the window advanced for a packet that was not authentic";
            }
            EXPECT_EQ(in.state.errors, good.size() - esp_offset(good) - 4);
            EXPECT_EQ(in.state.packets, 0U);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(AllSuites, EnginePair, ::testing::ValuesIn(kSuites),
                         [](const auto& suite) { return std::string(suite.param.name); });

// A burst may mix SAs of every suite.
TEST(MixedBurst, SixtyFourPacketsOfEverySuite) {
    auto made = make_ipsec_mb_engine();
    ASSERT_TRUE(made) << made.error();
    std::uint32_t soft = 0;
    const auto openssl = make_openssl_engine();
    std::vector<std::unique_ptr<TestSa>> outs, ins;
    for (unsigned i = 0; i < std::size(kSuites); ++i) {
        const SaMaker maker{.suite = kSuites[i], .mode = i % 2 ? KL_TUNNEL : KL_TRANSPORT, .seed = i + 1};
        outs.push_back(std::make_unique<TestSa>(**made, maker, KL_OUTBOUND));
        ins.push_back(std::make_unique<TestSa>(*openssl, maker, KL_INBOUND));
    }
    std::vector<Bytes> packets;
    std::vector<Buffer> buffers;
    for (std::uint32_t i = 0; i < kMaxBurst; ++i) {
        packets.push_back(UdpPacket{.payload_octets = i * 13}.build());
        buffers.emplace_back(packets.back());
    }
    std::vector<SealRequest> seals;
    std::vector<OpenRequest> opens;
    for (std::size_t i = 0; i < kMaxBurst; ++i) {
        seals.push_back(
            {.frame = &buffers[i].frame, .sa = outs[i % outs.size()]->sa.get(), .path_mtu = 1500});
        opens.push_back({.frame = &buffers[i].frame, .sa = ins[i % ins.size()]->sa.get()});
    }
    Sealer(**made, &soft).seal(seals, {});
    Opener(*openssl, &soft).open(opens, {});
    for (std::size_t i = 0; i < kMaxBurst; ++i) {
        ASSERT_EQ(opens[i].reason, KL_REASON_OPENED) << i;
        ASSERT_EQ(buffers[i].packet(), packets[i]) << i;
    }
}

}  // namespace
}  // namespace keyline::fastpath::testing
