#include "many_peers.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace keyline::bench {
namespace {

constexpr std::uint16_t kPort = 9;
constexpr std::uint16_t kFirstPort = 20000;
constexpr std::uint8_t kUdp = 17;

// The host is 192.0.2.1 and its peers are 198.18.0.0 and up, behind 192.0.2.2; 10.1.0.0/16 is behind the
// host, and a /24 of 10.128.0.0/9 behind each peer.
constexpr std::uint32_t kHost = 0xc0000201, kPeers = 0xc6120000, kNear = 0x0a010000, kFar = 0x0a800000;

IpAddress v4(std::uint32_t address) {
    Bytes octets;
    append_be32(octets, address);
    return *IpAddress::from_octets(octets);
}

// As the host has it. Selector 0 of a peer is the one with an SA.
policy::Selector selector_of(Kind kind, unsigned peer, unsigned number) {
    const unsigned place = peer * kSelectorsOfPeer + number;
    if (kind == Kind::kTunnel) {
        return {.local = {v4(kNear), 16}, .remote = {v4(kFar + (place << 8)), 24}};
    }
    if (kind == Kind::kPorts) {
        return {.local = Prefix::host(v4(kHost)),
                .remote = Prefix::host(v4(kPeers)),
                .protocol = kUdp,
                .remote_port = static_cast<std::uint16_t>(kFirstPort + place)};
    }
    return {.local = Prefix::host(v4(kHost)), .remote = Prefix::host(v4(kPeers + place))};
}

policy::Mode mode_of(Kind kind) {
    return kind == Kind::kTunnel ? policy::Mode::kTunnel : policy::Mode::kTransport;
}

}  // namespace

const char* name_of(Kind kind) {
    switch (kind) {
        case Kind::kPlain:
            return "no rule";
        case Kind::kTransport:
            return "transport, a host each";
        case Kind::kPorts:
            return "transport, a port each";
        case Kind::kTunnel:
            break;
    }
    return "tunnel, a network each";
}

std::string addresses_of(View view) {
    if (view == View::kHost) {
        return "ip address add 192.0.2.1/24 dev port && ip address add 10.1.0.1 dev lo && "
               "ip link set port up && ip route add 198.18.0.0/15 via 192.0.2.2 && "
               "ip route add 10.128.0.0/9 via 192.0.2.2 src 10.1.0.1";
    }
    return "ip address add 192.0.2.2/24 dev port && ip link set port up && "
           "ip route add 10.1.0.0/16 via 192.0.2.1 && ip route add local 198.18.0.0/15 dev lo && "
           "ip route add local 10.128.0.0/9 dev lo";
}

sockaddr_in target_of(Kind kind, unsigned peer) {
    const policy::Selector selector = selector_of(kind, peer, 0);
    sockaddr_in target{};
    target.sin_family = AF_INET;
    target.sin_port = htons(selector.remote_port != 0 ? selector.remote_port : kPort);
    std::memcpy(&target.sin_addr, selector.remote.address.octets().data(), sizeof(target.sin_addr));
    if (kind == Kind::kTunnel) {
        target.sin_addr.s_addr |= htonl(1);
    }
    return target;
}

policy::Policy policy_of(Kind kind, unsigned peers, View view) {
    policy::Policy policy;
    for (unsigned peer = 0; peer < peers; ++peer) {
        policy::Rule rule{.id = peer + 1,
                          .name = std::to_string(peer + 1),
                          .mode = mode_of(kind),
                          .engine = policy::Engine::kKernel,
                          .populate = {}};
        for (unsigned number = 0; number < kSelectorsOfPeer; ++number) {
            const policy::Selector selector = selector_of(kind, peer, number);
            rule.selectors.push_back(view == View::kPeers ? selector.reversed() : selector);
        }
        policy.rules.push_back(std::move(rule));
    }
    return policy;
}

policy::SadEntry entry_of(Kind kind, unsigned peer, policy::Direction direction, View view) {
    const policy::Selector selector = selector_of(kind, peer, 0);
    const IpAddress left = v4(kHost),
                    right = v4(kPeers + (kind == Kind::kPorts ? 0 : peer * kSelectorsOfPeer));
    const bool reversed = view == View::kPeers;
    policy::SadEntry entry;
    entry.direction = direction;
    entry.spi = entry.twin_spi = 0x10000 + peer;
    entry.local = reversed ? right : left;
    entry.remote = reversed ? left : right;
    entry.mode = mode_of(kind);
    entry.selector = reversed ? selector.reversed() : selector;
    entry.encryption_key = Secret(entry.suite.encryption_key_octets());
    entry.engine = policy::Engine::kKernel;
    entry.rule = peer + 1;
    return entry;
}

}  // namespace keyline::bench
