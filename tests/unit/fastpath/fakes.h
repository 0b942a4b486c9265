// SAs and sockets that the packet path can be run against without maps and a network.
#pragma once

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <vector>

#include "fastpath/link_layer.h"
#include "fastpath/packet_path.h"
#include "unit/fastpath/packets.h"

namespace keyline::fastpath::testing {

class FakeSas : public SaSource {
  public:
    const SecurityAssociation* find(std::uint32_t index) override {
        const auto at = sas.find(index);
        return at == sas.end() ? nullptr : at->second->sa.get();
    }
    std::uint32_t find_by_spi(const kl_spi_key& key) override {
        for (const auto& [index, sa] : sas) {
            const kl_sa& public_part = sa->sa->sa;
            if (public_part.direction == KL_INBOUND && public_part.spi == key.spi &&
                std::memcmp(&public_part.local, &key.local, sizeof key.local) == 0) {
                return index;
            }
        }
        return 0;
    }
    kl_slot_key hold_key(std::uint32_t rule, const kl_tuple& tuple) override {
        kl_slot_key key{};
        const kl_shape shape{128, 128, KL_SHAPE_USED, 0};
        kl_make_slot_key(&key, rule, 0, &tuple, &shape);
        return key;
    }
    Awaited awaited(std::uint32_t, const kl_tuple&) override { return negotiated; }
    std::uint32_t mark_for(std::uint32_t rule, const kl_tuple&) override { return rule << 20; }

    std::map<std::uint32_t, std::unique_ptr<TestSa>> sas;
    Awaited negotiated = Awaited::kNoSa;
};

class FakeConnections : public Connections {
  public:
    struct Authorized {
        kl_tuple tuple;
        std::uint8_t tcp_flags;
        std::uint32_t user;
    };
    bool is_authorized(const kl_tuple& tuple, std::uint8_t, std::uint64_t) override {
        return std::ranges::any_of(authorized, [&](const Authorized& known) {
            return std::memcmp(&known.tuple, &tuple, sizeof tuple) == 0;
        });
    }
    void authorize(const kl_tuple& tuple, std::uint8_t tcp_flags, std::uint32_t user,
                   std::uint64_t) override {
        authorized.push_back({tuple, tcp_flags, user});
    }

    std::vector<Authorized> authorized;
};

struct Sent {
    std::uint8_t port;
    Bytes frame;
    Bytes packet() const { return {frame.begin() + kEthernetOctets, frame.end()}; }
    kl_handover handover() const { return read_handover(frame.data()); }
};

class FakeSink : public FrameSink {
  public:
    explicit FakeSink(FramePool& frames) : pool(frames) {}
    bool send(std::uint8_t port, const Frame& frame) override {
        if (full) return false;
        sent.push_back({port, {frame.octets().begin(), frame.octets().end()}});
        pool.give(frame);
        return true;
    }
    bool send_by_stack(std::span<const std::uint8_t> packet, std::uint32_t mark) override {
        by_stack.emplace_back(packet.begin(), packet.end());
        marks.push_back(mark);
        return !full;
    }
    std::uint32_t mtu(std::uint8_t port) const override {
        return port == KL_HANDOVER_PORT ? handover_mtu : 1500;
    }

    FramePool& pool;
    std::vector<Sent> sent;
    std::vector<Bytes> by_stack;
    std::vector<std::uint32_t> marks;  // of those
    bool full = false;
    std::uint32_t handover_mtu = 65535;
};

}  // namespace keyline::fastpath::testing
