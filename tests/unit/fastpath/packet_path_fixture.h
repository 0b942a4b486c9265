// The packet path between a test that feeds it frames and a sink that keeps what leaves.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <vector>

#include "fastpath/link_layer.h"
#include "fastpath/openssl_engine.h"
#include "fastpath/packet_path.h"
#include "unit/fastpath/fakes.h"
#include "unit/fastpath/packets.h"

namespace keyline::fastpath::testing {

inline constexpr std::uint8_t kUnprotected = 1;
inline constexpr std::uint8_t kProtected = 2;
inline constexpr std::uint32_t kOut = 10;  // SA indices
inline constexpr std::uint32_t kIn = 11;
inline constexpr std::uint32_t kRule = 5;

class PacketPathTest : public ::testing::Test {
  protected:
    PacketPathTest() : ports_(KL_MAX_PORTS) {
        ports_[KL_HANDOVER_PORT].role = KL_PORT_HANDOVER;
        ports_[kUnprotected].role = KL_PORT_UNPROTECTED;
        ports_[kProtected].role = KL_PORT_PROTECTED;
        const std::uint8_t mac[] = {2, 0, 0, 0, 0, 7};
        std::copy(std::begin(mac), std::end(mac), ports_[kUnprotected].mac);
        path_.set_clock({.monotonic = 1'000'000'000'000, .realtime = 1'700'000'000});
    }
    ~PacketPathTest() override { EXPECT_EQ(pool_->free_frames(), kFrames) << "frames leaked"; }

    void install(SaMaker maker) {
        sas_.sas[kOut] = std::make_unique<TestSa>(*engine_, maker, KL_OUTBOUND);
        sas_.sas[kIn] = std::make_unique<TestSa>(*engine_, maker, KL_INBOUND);
    }

    void receive(std::uint8_t port, kl_handover_kind kind, std::uint32_t value, ByteView packet,
                 std::uint8_t named_port = kUnprotected) {
        auto frame = pool_->take_for(static_cast<std::uint32_t>(packet.size()) + kEthernetOctets);
        ASSERT_TRUE(frame);
        frame->length = kEthernetOctets + static_cast<std::uint32_t>(packet.size());
        std::memset(frame->link(), 0x22, kEthernetOctets);
        frame->link_octets = kEthernetOctets;
        frame->set_family(packet.empty() ? 4 : packet[0] >> 4);
        write_handover(frame->link(), kind, named_port, value);
        std::copy(packet.begin(), packet.end(), frame->network());
        path_.receive(port, *frame);
    }
    void seal(ByteView packet, std::uint8_t port = KL_HANDOVER_PORT) {
        receive(port, KL_HANDOVER_SEAL, kOut, packet);
        path_.flush();
    }
    void open(ByteView packet) {
        receive(kUnprotected, KL_HANDOVER_OPEN, kIn, packet);
        path_.flush();
    }
    // Seals a packet and returns what went out.
    Bytes sealed(ByteView packet) {
        seal(packet);
        EXPECT_EQ(sink_.sent.size(), 1U);
        Bytes out = sink_.sent.empty() ? Bytes{} : sink_.sent[0].packet();
        sink_.sent.clear();
        return out;
    }
    std::uint64_t counted(kl_reason reason) const { return counters_.by_reason[reason]; }

    static constexpr std::uint32_t kFrames = 512;
    std::unique_ptr<FramePool> pool_ = std::move(*FramePool::create(kFrames));
    std::unique_ptr<CryptoEngine> engine_ = make_openssl_engine();
    FakeSas sas_;
    FakeConnections connections_;
    FakeSink sink_{*pool_};
    std::vector<kl_port> ports_;
    kl_worker_counters counters_{};
    std::uint32_t sa_events_ = 0;
    PacketPath path_{*engine_, sas_, connections_, sink_, *pool_, ports_, counters_, &sa_events_};
};

}  // namespace keyline::fastpath::testing
