#include "fastpath/seal.h"

#include <openssl/rand.h>

#include <algorithm>
#include <atomic>
#include <cstring>

#include "fastpath/byte_order.h"
#include "fastpath/checksum.h"

namespace keyline::fastpath {
namespace {

constexpr std::uint32_t kTrailerOctets = 2;  // pad length, next header
constexpr std::uint32_t kUdpOctets = 8;
constexpr std::uint8_t kOuterHopLimit = 64;
constexpr std::uint32_t kMaxPacket = 65535;

// Where everything goes in the sealed packet; offsets from the IP header it is sent with.
struct Layout {
    std::uint32_t kept_octets = 0;  // headers of the packet that stay in front of ESP (transport)
    std::uint32_t payload_octets = 0;
    std::uint32_t padding_octets = 0;
    std::uint32_t esp_at = 0;
    std::uint32_t total_octets = 0;
    std::uint8_t next_header = 0;

    std::uint32_t text_octets() const { return payload_octets + padding_octets + kTrailerOctets; }
    // What is added before the payload: outer header, UDP header, ESP header, IV.
    std::uint32_t front_octets(const SecurityAssociation& sa) const {
        return total_octets - kept_octets - text_octets() - sa.suite.icv_octets;
    }
};

Layout lay_out(const SecurityAssociation& sa, std::span<const std::uint8_t> packet, const IpPacket& ip) {
    Layout layout;
    const bool tunnel = sa.is_tunnel();
    layout.kept_octets = tunnel ? 0 : ip.esp_at;
    layout.payload_octets = ip.total_octets - layout.kept_octets;
    layout.next_header =
        tunnel ? (ip.family == KL_FAMILY_V4 ? kProtocolIpv4 : kProtocolIpv6) : packet[ip.esp_name_at];
    const std::uint32_t unpadded = layout.payload_octets + kTrailerOctets;
    const std::uint32_t align = sa.suite.alignment;
    layout.padding_octets = (align - unpadded % align) % align;
    const std::uint32_t outer = tunnel ? sa.outer_header_octets() : layout.kept_octets;
    layout.esp_at = outer + (sa.is_encapsulated() ? kUdpOctets : 0);
    layout.total_octets = outer + sa.front_octets() + unpadded + layout.padding_octets + sa.suite.icv_octets;
    return layout;
}

// RFC 4301 8.1, decided before a sequence number is spent.
bool fits_or_fragments(SealRequest& request, const IpPacket& ip, const Layout& layout) {
    request.fragment = layout.total_octets > request.path_mtu;
    if (!request.fragment) return true;
    const bool small_v6 = ip.family == KL_FAMILY_V6 && ip.total_octets <= kMinimumMtuV6;
    const bool may = request.was_fragmented || !ip.dont_fragment || small_v6;
    if (may && layout.total_octets <= kMaxPacket) return true;
    const std::uint32_t mtu = plaintext_mtu(*request.sa, request.path_mtu, layout.kept_octets);
    request.told_mtu = ip.family == KL_FAMILY_V6 ? std::max(mtu, kMinimumMtuV6) : mtu;
    return false;
}

// RFC 4301 5.1.2: what the outer header copies from the inner one and what it makes up.
void write_outer_header(std::span<std::uint8_t> to, const SecurityAssociation& sa, const SealRequest& request,
                        const IpPacket& inner, const Layout& layout, std::uint64_t sequence,
                        std::uint32_t flow_label) {
    const std::uint8_t protocol = sa.is_encapsulated() ? kProtocolUdp : kProtocolEsp;
    if (sa.sa.family == KL_FAMILY_V4) {
        // One number per packet and SA; unique enough to reassemble by, and no state between workers (RFC
        // 6864 4.3).
        const std::uint32_t identification = (static_cast<std::uint32_t>(sequence) + sa.sa.spi) & 0xffff;
        const std::uint32_t dont_fragment = inner.dont_fragment && !request.fragment ? 0x4000 : 0;
        const std::uint32_t words[] = {0x4500U | inner.traffic_class, layout.total_octets, identification,
                                       dont_fragment, std::uint32_t{kOuterHopLimit} << 8 | protocol};
        // From the values, since reading back what was just written stalls the CPU.
        std::uint64_t sum = checksum_add(std::span(sa.sa.local.octets).first(4)) +
                            checksum_add(std::span(sa.sa.remote.octets).first(4));
        for (std::uint32_t i = 0; i < std::size(words); ++i) {
            store_be16(&to[2 * i], words[i]);
            sum += htons(static_cast<std::uint16_t>(words[i]));
        }
        store_be16(&to[10], checksum_finish(sum));
        std::copy_n(sa.sa.local.octets, 4, &to[12]);
        std::copy_n(sa.sa.remote.octets, 4, &to[16]);
    } else {
        store_be32(&to[0], 0x60000000U | std::uint32_t{inner.traffic_class} << 20 | flow_label);
        store_be16(&to[4], layout.total_octets - 40);
        to[6] = protocol;
        to[7] = kOuterHopLimit;
        std::copy_n(sa.sa.local.octets, 16, &to[8]);
        std::copy_n(sa.sa.remote.octets, 16, &to[24]);
    }
}

// RFC 3948 2.1. Its checksum is zero over IPv4; IPv6 needs one, once the ICV is there.
void write_udp_header(std::uint8_t* to, const SecurityAssociation& sa, std::uint32_t octets) {
    store_be16(to, sa.sa.encap_local_port);
    store_be16(to + 2, sa.sa.encap_remote_port);
    store_be16(to + 4, octets);
    store_be16(to + 6, 0);
}

void finish_udp_checksum(std::span<std::uint8_t> packet, std::uint32_t udp_at) {
    const auto datagram = packet.subspan(udp_at);
    const auto octets = static_cast<std::uint32_t>(datagram.size());
    const std::uint16_t sum =
        checksum_finish(checksum_add(datagram, pseudo_header_sum(packet, kProtocolUdp, octets)));
    store_be16(&datagram[6], sum == 0 ? 0xffff : sum);
}

// RFC 4303 2: header, IV and trailer around the payload, which is in place.
void write_esp(std::uint8_t* esp, const SecurityAssociation& sa, const Layout& layout, std::uint64_t sequence,
               std::span<const std::uint8_t> random_iv) {
    store_be32(esp, sa.sa.spi);
    store_be32(esp + 4, static_cast<std::uint32_t>(sequence));
    std::uint8_t* const iv = esp + kEspHeaderOctets;
    if (sa.suite.is_gcm()) {
        store_be64(iv, sequence);  // RFC 4106 3.1: unique under one key
    } else {
        std::copy_n(random_iv.begin(), sa.suite.has_random_iv() ? sa.suite.iv_octets : 0, iv);
    }
    std::uint8_t* const padding = iv + sa.suite.iv_octets + layout.payload_octets;
    for (std::uint32_t i = 0; i < layout.padding_octets; ++i)
        padding[i] = static_cast<std::uint8_t>(i + 1);
    padding[layout.padding_octets] = static_cast<std::uint8_t>(layout.padding_octets);
    padding[layout.padding_octets + 1] = layout.next_header;
}

}  // namespace

std::uint32_t plaintext_mtu(const SecurityAssociation& sa, std::uint32_t path_mtu,
                            std::uint32_t kept_header_octets) {
    const std::uint32_t outer = sa.is_tunnel() ? sa.outer_header_octets() : kept_header_octets;
    const std::uint32_t fixed = outer + sa.front_octets() + sa.suite.icv_octets;
    if (path_mtu < fixed + sa.suite.alignment) return 0;
    const std::uint32_t text = (path_mtu - fixed) / sa.suite.alignment * sa.suite.alignment;
    return text - kTrailerOctets + (sa.is_tunnel() ? 0 : kept_header_octets);
}

std::span<const std::uint8_t> Sealer::fresh_iv() {
    constexpr std::size_t kIvOctets = 16;
    if (iv_pool_used_ == iv_pool_.size()) {
        if (RAND_bytes(iv_pool_.data(), static_cast<int>(iv_pool_.size())) != 1) return {};
        iv_pool_used_ = 0;
    }
    iv_pool_used_ += kIvOctets;
    return std::span(iv_pool_).subspan(iv_pool_used_ - kIvOctets, kIvOctets);
}

// Everything but the cryptography. False when the packet is dropped; `request.reason` says why.
bool Sealer::prepare(SealRequest& request, Prepared& prepared, CryptoJob& job, const Clock& clock) {
    Frame& frame = *request.frame;
    const SecurityAssociation& sa = *request.sa;
    const auto refuse = [&](kl_reason reason) {
        request.reason = reason;
        return false;
    };
    if (sa.sa.direction != KL_OUTBOUND) return refuse(KL_REASON_DROP_NO_SA);
    if (sa.is_expired(clock)) return refuse(KL_REASON_DROP_LIFETIME);
    const auto ip = parse_ip(frame.packet());
    if (!ip) return refuse(ip.error());
    // RFC 4303 3.3.4: transport mode protects whole packets only.
    if (!sa.is_tunnel() && (ip->is_fragment() || ip->family != sa.sa.family))
        return refuse(KL_REASON_DROP_FRAGMENT);
    if (request.forwarded && ip->hop_limit <= 1) return refuse(KL_REASON_DROP_HOP_LIMIT);

    const Layout layout = lay_out(sa, frame.packet(), *ip);
    if (!fits_or_fragments(request, *ip, layout)) return refuse(KL_REASON_DROP_TOO_BIG);
    frame.set_network_octets(ip->total_octets);
    const std::uint32_t front = layout.front_octets(sa);
    if (!frame.has_room(front, kTailRoom)) return refuse(KL_REASON_DROP_TOO_BIG);
    std::span<const std::uint8_t> random_iv;
    if (sa.suite.has_random_iv()) {
        random_iv = fresh_iv();
        if (random_iv.empty()) return refuse(KL_REASON_DROP_CRYPTO);
    }
    const std::uint64_t sequence = __atomic_add_fetch(&sa.state->sequence, 1, __ATOMIC_RELAXED);
    if (!sa.is_esn() && sequence > UINT32_MAX) return refuse(KL_REASON_DROP_SEQUENCE);

    if (request.forwarded) decrement_hop_limit(frame.packet());
    const std::uint32_t flow_label = ip->family == KL_FAMILY_V6 ? load_be32(frame.network()) & 0xfffffU : 0;
    frame.open_gap(layout.kept_octets, front);
    frame.set_network_octets(layout.total_octets);
    const auto packet = frame.packet();
    if (sa.is_tunnel()) {
        write_outer_header(packet, sa, request, *ip, layout, sequence, flow_label);
        frame.set_family(sa.sa.family);
    } else {
        packet[ip->esp_name_at] = sa.is_encapsulated() ? kProtocolUdp : kProtocolEsp;
        set_total_octets(packet, layout.total_octets);
    }
    if (sa.is_encapsulated()) {
        write_udp_header(&packet[layout.esp_at - kUdpOctets], sa,
                         layout.total_octets - layout.esp_at + kUdpOctets);
    }
    std::uint8_t* const esp = &packet[layout.esp_at];
    write_esp(esp, sa, layout, sequence, random_iv);

    prepared.request = &request;
    prepared.plain_octets = ip->total_octets;
    prepared.esp_at = layout.esp_at;
    job.context = sa.cipher.get();
    job.esp = esp;
    job.text_octets = layout.text_octets();
    job.sequence_high = static_cast<std::uint32_t>(sequence >> 32);
    return true;
}

void Sealer::seal(std::span<SealRequest> requests, const Clock& clock) {
    std::array<Prepared, kMaxBurst> prepared;
    std::array<CryptoJob, kMaxBurst> jobs;
    std::size_t count = 0;
    for (SealRequest& request : requests) {
        if (prepare(request, prepared[count], jobs[count], clock)) {
            ++count;
        } else if (request.reason != KL_REASON_DROP_FRAGMENT) {  // that one is the caller's to put together
            request.sa->count_error(request.reason);
        }
    }
    engine_.run(std::span(jobs).first(count));
    UsageTally tally(clock, sa_events_);
    for (std::size_t i = 0; i < count; ++i) {
        SealRequest& request = *prepared[i].request;
        const SecurityAssociation& sa = *request.sa;
        request.reason = jobs[i].ok ? KL_REASON_SEALED : KL_REASON_DROP_CRYPTO;
        if (!jobs[i].ok) {
            sa.count_error(request.reason);
            continue;
        }
        if (sa.is_encapsulated() && sa.sa.family == KL_FAMILY_V6) {
            finish_udp_checksum(request.frame->packet(), prepared[i].esp_at - kUdpOctets);
        }
        tally.add(sa, prepared[i].plain_octets);
    }
}

}  // namespace keyline::fastpath
