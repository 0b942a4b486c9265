#include "datapath/xfrm_message.h"

// The kernel's own headers: they do not go together with <netinet/in.h>.
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/xfrm.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <string_view>
#include <utility>

#include "datapath/network_order.h"

namespace keyline::datapath {
namespace {

constexpr std::uint16_t kEspInUdp = 2;  // UDP_ENCAP_ESPINUDP of linux/udp.h
constexpr unsigned kGcmIcvBits = 128;

std::uint16_t family_of(const IpAddress& address) { return address.is_v4() ? AF_INET : AF_INET6; }

xfrm_address_t to_xfrm(const IpAddress& address) {
    xfrm_address_t out{};
    std::memcpy(&out, address.octets().data(), address.octets().size());
    return out;
}

// Ports as the kernel has them in a selector; for ICMP it takes type and code for them, in both directions.
void put_ports(xfrm_selector& out, const policy::Selector& selector, bool outbound) {
    const bool icmp = selector.protocol == IPPROTO_ICMP || selector.protocol == IPPROTO_ICMPV6;
    if (icmp && selector.local_port != 0) {
        out.sport = to_be16(selector.local_port >> 8);
        out.dport = to_be16(selector.local_port & 0xff);
        out.sport_mask = out.dport_mask = 0xffff;
        return;
    }
    const std::uint16_t source = outbound ? selector.local_port : selector.remote_port;
    const std::uint16_t destination = outbound ? selector.remote_port : selector.local_port;
    out.sport = to_be16(source);
    out.dport = to_be16(destination);
    out.sport_mask = source != 0 ? 0xffff : 0;
    out.dport_mask = destination != 0 ? 0xffff : 0;
}

xfrm_selector to_xfrm(const policy::Selector& selector, bool outbound) {
    const Prefix& source = outbound ? selector.local : selector.remote;
    const Prefix& destination = outbound ? selector.remote : selector.local;
    xfrm_selector out{};
    out.family = family_of(source.address);
    out.saddr = to_xfrm(source.address);
    out.prefixlen_s = source.length;
    out.daddr = to_xfrm(destination.address);
    out.prefixlen_d = destination.length;
    out.proto = selector.protocol;
    put_ports(out, selector, outbound);
    return out;
}

std::uint64_t or_infinite(std::uint64_t limit) { return limit != 0 ? limit : XFRM_INF; }

// Limits in seconds are the datapath's to watch (SaStore): they are the same for both engines.
xfrm_lifetime_cfg to_xfrm(const policy::Lifetime& lifetime) {
    xfrm_lifetime_cfg out{};
    out.soft_byte_limit = or_infinite(lifetime.soft_octets);
    out.hard_byte_limit = or_infinite(lifetime.hard_octets);
    out.soft_packet_limit = or_infinite(lifetime.soft_packets);
    out.hard_packet_limit = or_infinite(lifetime.hard_packets);
    return out;
}

struct KernelIntegrity {
    std::string_view name;
    unsigned icv_bits;
};

KernelIntegrity integrity_of(policy::Integrity integrity) {
    switch (integrity) {
        case policy::Integrity::kHmacMd5_96:
            return {"hmac(md5)", 96};
        case policy::Integrity::kHmacSha1_96:
            return {"hmac(sha1)", 96};
        case policy::Integrity::kHmacSha256_128:
            return {"hmac(sha256)", 128};
        case policy::Integrity::kHmacSha384_192:
            return {"hmac(sha384)", 192};
        case policy::Integrity::kHmacSha512_256:
            return {"hmac(sha512)", 256};
        case policy::Integrity::kNone:
            break;
    }
    return {"digest_null", 0};
}

std::string_view cipher_of(policy::Encryption encryption) {
    switch (encryption) {
        case policy::Encryption::kDesCbc:
            return "cbc(des)";
        case policy::Encryption::k3desCbc:
            return "cbc(des3_ede)";
        case policy::Encryption::kAesCbc:
            return "cbc(aes)";
        case policy::Encryption::kAesGcm16:
            return "rfc4106(gcm(aes))";
        case policy::Encryption::kAesGmac:
            return "rfc4543(gcm(aes))";
        case policy::Encryption::kNull:
            break;
    }
    return "ecb(cipher_null)";
}

// An attribute with a payload of zeros, to be filled in place: no copy of a key is left behind.
template <typename Payload>
Payload* put_space(nlmsghdr* message, std::uint16_t type, std::size_t octets) {
    auto* attribute = static_cast<nlattr*>(mnl_nlmsg_get_payload_tail(message));
    attribute->nla_type = type;
    attribute->nla_len = static_cast<std::uint16_t>(MNL_ATTR_HDRLEN + octets);
    message->nlmsg_len += static_cast<std::uint32_t>(MNL_ALIGN(attribute->nla_len));
    return static_cast<Payload*>(mnl_attr_get_payload(attribute));
}

template <typename Algorithm>
Algorithm* put_algorithm(nlmsghdr* message, std::uint16_t type, std::string_view name, const Secret& key) {
    auto* algorithm = put_space<Algorithm>(message, type, sizeof(Algorithm) + key.size());
    name.copy(algorithm->alg_name, sizeof(algorithm->alg_name) - 1);
    algorithm->alg_key_len = static_cast<unsigned>(key.size() * 8);
    std::ranges::copy(key.view(), reinterpret_cast<std::uint8_t*>(algorithm->alg_key));
    return algorithm;
}

void put_algorithms(nlmsghdr* message, const policy::SadEntry& entry) {
    const std::string_view cipher = cipher_of(entry.suite.encryption);
    if (entry.suite.combined()) {
        put_algorithm<xfrm_algo_aead>(message, XFRMA_ALG_AEAD, cipher, entry.encryption_key)->alg_icv_len =
            kGcmIcvBits;
        return;
    }
    put_algorithm<xfrm_algo>(message, XFRMA_ALG_CRYPT, cipher, entry.encryption_key);
    const KernelIntegrity integrity = integrity_of(entry.suite.integrity);
    put_algorithm<xfrm_algo_auth>(message, XFRMA_ALG_AUTH_TRUNC, integrity.name, entry.integrity_key)
        ->alg_trunc_len = integrity.icv_bits;
}

// The kernel wants a window of an outbound SA with extended sequence numbers, too.
void put_replay(nlmsghdr* message, const policy::SadEntry& entry, const XfrmProgress& progress) {
    const std::uint32_t window = std::min<std::uint32_t>(entry.replay_window, XFRMA_REPLAY_ESN_MAX);
    const std::size_t words = (window + 31) / 32;
    auto* state = put_space<xfrm_replay_state_esn>(
        message, XFRMA_REPLAY_ESN_VAL, sizeof(xfrm_replay_state_esn) + words * sizeof(std::uint32_t));
    state->bmp_len = static_cast<unsigned>(words);
    state->replay_window = window;
    state->oseq = static_cast<std::uint32_t>(progress.outbound);
    state->seq = static_cast<std::uint32_t>(progress.inbound);
    if (entry.esn) {
        state->oseq_hi = static_cast<std::uint32_t>(progress.outbound >> 32);
        state->seq_hi = static_cast<std::uint32_t>(progress.inbound >> 32);
    }
    std::copy_n(progress.window.begin(), std::min(progress.window.size(), words), state->bmp);
}

void put_counts(nlmsghdr* message, const XfrmProgress& progress) {
    if (progress.packets == 0) {
        return;
    }
    xfrm_lifetime_cur counts{};
    counts.packets = progress.packets;
    counts.bytes = progress.octets;
    counts.add_time = counts.use_time = static_cast<std::uint64_t>(std::time(nullptr));
    mnl_attr_put(message, XFRMA_LTIME_VAL, sizeof(counts), &counts);
}

// Policies lead to an outbound SA, also packets whose ports the kernel does not see (RawPolicies).
policy::Selector state_selector(const policy::SadEntry& entry) {
    if (entry.direction == policy::Direction::kInbound) {
        return entry.selector;
    }
    return {.local = entry.selector.local, .remote = entry.selector.remote};
}

void put_encapsulation(nlmsghdr* message, const policy::SadEntry& entry) {
    if (entry.encapsulation.remote_port == 0) {
        return;
    }
    const bool outbound = entry.direction == policy::Direction::kOutbound;
    xfrm_encap_tmpl encapsulation{};
    encapsulation.encap_type = kEspInUdp;
    encapsulation.encap_sport =
        to_be16(outbound ? entry.encapsulation.local_port : entry.encapsulation.remote_port);
    encapsulation.encap_dport =
        to_be16(outbound ? entry.encapsulation.remote_port : entry.encapsulation.local_port);
    mnl_attr_put(message, XFRMA_ENCAP, sizeof(encapsulation), &encapsulation);
}

std::uint8_t xfrm_mode(policy::Mode mode) {
    return mode == policy::Mode::kTunnel ? XFRM_MODE_TUNNEL : XFRM_MODE_TRANSPORT;
}

std::uint8_t xfrm_direction(XfrmDirection direction) {
    switch (direction) {
        case XfrmDirection::kIn:
            return XFRM_POLICY_IN;
        case XfrmDirection::kForward:
            return XFRM_POLICY_FWD;
        case XfrmDirection::kOut:
            break;
    }
    return XFRM_POLICY_OUT;
}

void put_if_id(nlmsghdr* message, std::uint32_t if_id) {
    if (if_id != 0) {
        mnl_attr_put_u32(message, XFRMA_IF_ID, if_id);
    }
}

void put_mark(nlmsghdr* message, const XfrmMark& mark) {
    if (mark.mask != 0) {
        const xfrm_mark wanted{.v = mark.value, .m = mark.mask};
        mnl_attr_put(message, XFRMA_MARK, sizeof(wanted), &wanted);
    }
}

}  // namespace

XfrmSaName xfrm_name(const policy::SadEntry& entry) {
    const bool outbound = entry.direction == policy::Direction::kOutbound;
    return {.destination = outbound ? entry.remote : entry.local, .spi = entry.spi};
}

void put_sa(NetlinkRequest& request, const policy::SadEntry& entry, std::uint32_t reqid, std::uint32_t if_id,
            const XfrmProgress& progress) {
    const bool outbound = entry.direction == policy::Direction::kOutbound;
    auto* info = request.extra<xfrm_usersa_info>();
    info->sel = to_xfrm(state_selector(entry), outbound);
    info->id.daddr = to_xfrm(outbound ? entry.remote : entry.local);
    info->id.spi = to_be32(entry.spi);
    info->id.proto = IPPROTO_ESP;
    info->saddr = to_xfrm(outbound ? entry.local : entry.remote);
    info->lft = to_xfrm(entry.lifetime);
    info->reqid = reqid;
    info->family = family_of(entry.local);
    info->mode = xfrm_mode(entry.mode);
    info->flags = entry.esn ? XFRM_STATE_ESN : 0;
    put_algorithms(request.header(), entry);
    put_replay(request.header(), entry, progress);
    put_counts(request.header(), progress);
    put_encapsulation(request.header(), entry);
    put_if_id(request.header(), if_id);
}

void put_given_mark(NetlinkRequest& request, const XfrmMark& mark) {
    if (mark.mask != 0) {
        mnl_attr_put_u32(request.header(), XFRMA_SET_MARK, mark.value);
        mnl_attr_put_u32(request.header(), XFRMA_SET_MARK_MASK, mark.mask);
    }
}

void put_offload(NetlinkRequest& request, policy::Direction direction, const XfrmOffload& offload) {
    if (offload.ifindex != 0) {
        xfrm_user_offload device{};
        device.ifindex = static_cast<int>(offload.ifindex);
        device.flags =
            static_cast<std::uint8_t>((direction == policy::Direction::kInbound ? XFRM_OFFLOAD_INBOUND : 0) |
                                      (offload.packet ? XFRM_OFFLOAD_PACKET : 0));
        mnl_attr_put(request.header(), XFRMA_OFFLOAD_DEV, sizeof(device), &device);
    }
}

void put_sa_name(NetlinkRequest& request, const XfrmSaName& name) {
    auto* id = request.extra<xfrm_usersa_id>();
    id->daddr = to_xfrm(name.destination);
    id->spi = to_be32(name.spi);
    id->family = family_of(name.destination);
    id->proto = IPPROTO_ESP;
}

void put_policy(NetlinkRequest& request, const XfrmPolicy& policy) {
    auto* info = request.extra<xfrm_userpolicy_info>();
    info->sel = to_xfrm(policy.selector, policy.direction == XfrmDirection::kOut);
    info->lft = to_xfrm(policy::Lifetime{});
    info->priority = policy.priority;
    info->dir = xfrm_direction(policy.direction);
    info->action = policy.blocks ? XFRM_POLICY_BLOCK : XFRM_POLICY_ALLOW;
    if (policy.wanted) {
        xfrm_user_tmpl wanted{};
        wanted.id.proto = IPPROTO_ESP;
        wanted.id.daddr = to_xfrm(policy.wanted->destination);
        wanted.saddr = to_xfrm(policy.wanted->source);
        wanted.family = family_of(policy.wanted->source);
        wanted.reqid = policy.wanted->reqid;
        wanted.mode = xfrm_mode(policy.wanted->mode);
        wanted.aalgos = wanted.ealgos = wanted.calgos = ~0U;
        mnl_attr_put(request.header(), XFRMA_TMPL, sizeof(wanted), &wanted);
    }
    put_mark(request.header(), policy.mark);
    put_if_id(request.header(), policy.if_id);
    put_offload(request, policy::Direction::kOutbound, {.ifindex = policy.offload_ifindex, .packet = true});
}

void put_policy_name(NetlinkRequest& request, const XfrmPolicy& policy) {
    auto* id = request.extra<xfrm_userpolicy_id>();
    id->sel = to_xfrm(policy.selector, policy.direction == XfrmDirection::kOut);
    id->dir = xfrm_direction(policy.direction);
    put_mark(request.header(), policy.mark);
    put_if_id(request.header(), policy.if_id);
}

}  // namespace keyline::datapath
