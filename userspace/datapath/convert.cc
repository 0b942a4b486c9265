#include "datapath/convert.h"

#include <algorithm>
#include <string>

#include "shared/types.h"

namespace keyline::datapath {

kl_address to_kl(const IpAddress& address) {
    kl_address out{};
    std::ranges::copy(address.octets(), out.octets);
    return out;
}

std::uint8_t kl_family(const IpAddress& address) { return address.is_v4() ? KL_FAMILY_V4 : KL_FAMILY_V6; }

IpAddress from_kl(const kl_address& address, std::uint8_t family) {
    return *IpAddress::from_octets(ByteView(address.octets, family == KL_FAMILY_V6 ? 16 : 4));
}

kl_tuple to_kl(const policy::PacketTuple& packet) {
    return {.local = to_kl(packet.local),
            .remote = to_kl(packet.remote),
            .local_port = packet.local_port,
            .remote_port = packet.remote_port,
            .protocol = packet.protocol,
            .family = kl_family(packet.local),
            .reserved = {}};
}

policy::PacketTuple from_kl(const kl_tuple& tuple) {
    return {.local = from_kl(tuple.local, tuple.family),
            .remote = from_kl(tuple.remote, tuple.family),
            .protocol = tuple.protocol,
            .local_port = tuple.local_port,
            .remote_port = tuple.remote_port};
}

kl_selector to_kl(const policy::Selector& selector) {
    return {.local = to_kl(selector.local.address),
            .remote = to_kl(selector.remote.address),
            .local_prefix = selector.local.length,
            .remote_prefix = selector.remote.length,
            .family = kl_family(selector.local.address),
            .protocol = selector.protocol,
            .local_port = selector.local_port,
            .remote_port = selector.remote_port};
}

policy::Selector from_kl(const kl_selector& selector) {
    return {.local = {from_kl(selector.local, selector.family), selector.local_prefix},
            .remote = {from_kl(selector.remote, selector.family), selector.remote_prefix},
            .protocol = selector.protocol,
            .local_port = selector.local_port,
            .remote_port = selector.remote_port};
}

kl_sa to_kl(const policy::SadEntry& entry) {
    kl_sa sa{};
    sa.spi = entry.spi;
    sa.twin_spi = entry.twin_spi;
    sa.rule = entry.rule;
    sa.impersonation_handle = entry.impersonation_handle;
    sa.direction = entry.direction == policy::Direction::kOutbound ? KL_OUTBOUND : KL_INBOUND;
    sa.mode = static_cast<std::uint8_t>(entry.mode);
    sa.engine = static_cast<std::uint8_t>(entry.engine);
    sa.family = kl_family(entry.local);
    sa.encryption = static_cast<std::uint8_t>(entry.suite.encryption);
    sa.integrity = static_cast<std::uint8_t>(entry.suite.integrity);
    const bool encapsulated = entry.encapsulation.remote_port != 0;
    sa.flags =
        static_cast<std::uint16_t>((entry.esn ? KL_SA_ESN : 0U) | (encapsulated ? KL_SA_UDP_ENCAP : 0U) |
                                   (entry.encapsulation.follow_remote ? KL_SA_FOLLOW_PEER : 0U) |
                                   (entry.boundary ? KL_SA_BOUNDARY : 0U));
    sa.local = to_kl(entry.local);
    sa.remote = to_kl(entry.remote);
    sa.selector = to_kl(entry.selector);
    sa.encap_local_port = entry.encapsulation.local_port;
    sa.encap_remote_port = entry.encapsulation.remote_port;
    sa.replay_window = std::min<std::uint32_t>(entry.replay_window, KL_REPLAY_MAX_WINDOW);
    sa.soft_seconds = static_cast<std::uint64_t>(entry.lifetime.soft_time.count());
    sa.hard_seconds = static_cast<std::uint64_t>(entry.lifetime.hard_time.count());
    sa.soft_octets = entry.lifetime.soft_octets;
    sa.hard_octets = entry.lifetime.hard_octets;
    sa.soft_packets = entry.lifetime.soft_packets;
    sa.hard_packets = entry.lifetime.hard_packets;
    sa.key_octets = entry.suite.key_octets;
    entry.peer.copy(sa.peer, sizeof(sa.peer) - 1);
    return sa;
}

XfrmMark mark_of(const kl_sa& sa) { return {.value = sa.mark, .mask = sa.mark_mask}; }

policy::SadEntry from_kl(const kl_sa& sa) {
    policy::SadEntry entry;
    entry.direction =
        sa.direction == KL_OUTBOUND ? policy::Direction::kOutbound : policy::Direction::kInbound;
    entry.spi = sa.spi;
    entry.twin_spi = sa.twin_spi;
    entry.local = from_kl(sa.local, sa.family);
    entry.remote = from_kl(sa.remote, sa.family);
    entry.mode = static_cast<policy::Mode>(sa.mode);
    entry.selector = from_kl(sa.selector);
    entry.suite = {static_cast<policy::Encryption>(sa.encryption), sa.key_octets,
                   static_cast<policy::Integrity>(sa.integrity)};
    entry.esn = (sa.flags & KL_SA_ESN) != 0;
    entry.replay_window = sa.replay_window;
    entry.encapsulation = {.local_port = sa.encap_local_port,
                           .remote_port = sa.encap_remote_port,
                           .follow_remote = (sa.flags & KL_SA_FOLLOW_PEER) != 0};
    entry.lifetime = {.soft_time = std::chrono::seconds(sa.soft_seconds),
                      .hard_time = std::chrono::seconds(sa.hard_seconds),
                      .soft_octets = sa.soft_octets,
                      .hard_octets = sa.hard_octets,
                      .soft_packets = sa.soft_packets,
                      .hard_packets = sa.hard_packets};
    entry.engine = static_cast<policy::Engine>(sa.engine);
    entry.rule = sa.rule;
    entry.impersonation_handle = sa.impersonation_handle;
    entry.boundary = (sa.flags & KL_SA_BOUNDARY) != 0;
    entry.peer = sa.peer;
    return entry;
}

kl_tuple selector_tuple(const policy::Selector& selector) {
    return to_kl(policy::PacketTuple{.local = selector.local.address,
                                     .remote = selector.remote.address,
                                     .protocol = selector.protocol,
                                     .local_port = selector.local_port,
                                     .remote_port = selector.remote_port});
}

kl_shape selector_shape(const policy::Selector& selector) {
    unsigned fields = KL_SHAPE_USED;
    if (selector.protocol != 0) {
        fields |= KL_SHAPE_PROTOCOL;
    }
    if (selector.local_port != 0) {
        fields |= KL_SHAPE_LOCAL_PORT;
    }
    if (selector.remote_port != 0) {
        fields |= KL_SHAPE_REMOTE_PORT;
    }
    return {.local_prefix = selector.local.length,
            .remote_prefix = selector.remote.length,
            .fields = static_cast<std::uint8_t>(fields),
            .reserved = 0};
}

}  // namespace keyline::datapath
