#include "fastpath/open.h"

#include <array>
#include <optional>

#include "base/bytes.h"
#include "fastpath/byte_order.h"
#include "fastpath/checksum.h"
#include "fastpath/ecn.h"
#include "fastpath/ip_packet.h"
#include "fastpath/replay_window.h"

namespace keyline::fastpath {
namespace {

constexpr std::uint32_t kTrailerOctets = 2;
constexpr std::uint32_t kUdpOctets = 8;
constexpr std::uint32_t kSourceAddressAt = 12;  // in an IPv4 header

// A packet between the two halves of opening.
struct Prepared {
    OpenRequest* request = nullptr;
    IpPacket outer;
    std::uint32_t esp_at = 0;
    std::uint32_t text_at = 0;
    std::uint64_t sequence = 0;
    std::uint32_t plain_octets = 0;
    bool from_elsewhere = false;
};

// The UDP length field says what the IP header's does.
bool is_udp_whole(std::span<const std::uint8_t> packet, const IpPacket& ip) {
    const std::uint32_t octets = ip.total_octets - ip.upper_at;
    return octets >= kUdpOctets && load_be16(&packet[ip.upper_at + 4]) == octets;
}

// Up to the cryptography: OPENED stands for "go on".
kl_reason prepare(Prepared& prepared, CryptoJob& job, const Clock& clock) {
    const OpenRequest& request = *prepared.request;
    const SecurityAssociation& sa = *request.sa;
    if (sa.sa.direction != KL_INBOUND) return KL_REASON_DROP_SPI;
    const auto parsed = parse_ip(request.frame->packet());
    if (!parsed) return parsed.error();
    const IpPacket& ip = prepared.outer = *parsed;
    if (ip.is_fragment()) return KL_REASON_DROP_FRAGMENT;
    const bool encapsulated = ip.protocol == kProtocolUdp;
    if (!encapsulated && ip.protocol != kProtocolEsp) return KL_REASON_DROP_HEADERS;
    if (encapsulated && !is_udp_whole(request.frame->packet(), ip)) return KL_REASON_DROP_TRUNCATED;

    const Suite& suite = sa.suite;
    request.frame->set_network_octets(ip.total_octets);
    prepared.esp_at = ip.upper_at + (encapsulated ? kUdpOctets : 0);
    prepared.text_at = prepared.esp_at + kEspHeaderOctets + suite.iv_octets;
    if (ip.total_octets < prepared.text_at + kTrailerOctets + suite.icv_octets)
        return KL_REASON_DROP_TRUNCATED;
    const std::uint32_t text_octets = ip.total_octets - prepared.text_at - suite.icv_octets;
    if (text_octets % suite.alignment != 0) return KL_REASON_DROP_TRUNCATED;

    std::uint8_t* const esp = request.frame->network() + prepared.esp_at;
    if (load_be32(esp) != sa.sa.spi) return KL_REASON_DROP_SPI;
    if (sa.is_expired(clock)) return KL_REASON_DROP_LIFETIME;
    const auto sequence = replay_check(*sa.state, load_be32(esp + 4), sa.is_esn(), sa.window);
    if (!sequence) return KL_REASON_DROP_REPLAY;
    prepared.sequence = *sequence;
    job = {.context = sa.cipher.get(),
           .esp = esp,
           .text_octets = text_octets,
           .sequence_high = static_cast<std::uint32_t>(*sequence >> 32)};
    return KL_REASON_OPENED;
}

// RFC 3947 7: the newest authenticated packet tells where a peer behind a NAT is. True when that is news.
bool note_source(const Prepared& prepared) {
    const SecurityAssociation& sa = *prepared.request->sa;
    if (!sa.follows_peer() || prepared.outer.protocol != kProtocolUdp) return false;
    if (__atomic_load_n(&sa.state->sequence, __ATOMIC_RELAXED) != prepared.sequence) return false;
    const std::uint8_t* const ip = prepared.request->frame->network();
    const std::uint64_t source = kl_source(ip + kSourceAddressAt, load_be16(ip + prepared.outer.upper_at));
    if (__atomic_load_n(&sa.state->source, __ATOMIC_RELAXED) == source) return false;
    __atomic_store_n(&sa.state->source, source, __ATOMIC_RELAXED);
    return true;
}

// RFC 4303 2.4: 1, 2, 3 and so on.
bool is_padding_right(std::span<const std::uint8_t> padding) {
    for (std::size_t i = 0; i < padding.size(); ++i) {
        if (padding[i] != static_cast<std::uint8_t>(i + 1)) return false;
    }
    return true;
}

// RFC 3948 3.1.2: behind a NAT the addresses are not those the sender summed. The ICV vouches for the octets.
void renew_upper_checksum(std::span<std::uint8_t> packet, const IpPacket& ip) {
    const std::uint32_t field_at = ip.protocol == kProtocolTcp ? 16 : 6;
    if (ip.protocol != kProtocolTcp && ip.protocol != kProtocolUdp) return;
    const auto upper = packet.subspan(ip.upper_at, ip.total_octets - ip.upper_at);
    if (upper.size() < field_at + 2) return;
    if (ip.protocol == kProtocolUdp && load_be16(&upper[field_at]) == 0) return;
    store_be16(&upper[field_at], 0);
    const auto octets = static_cast<std::uint32_t>(upper.size());
    const std::uint16_t sum =
        checksum_finish(checksum_add(upper, pseudo_header_sum(packet, ip.protocol, octets)));
    store_be16(&upper[field_at], sum == 0 && ip.protocol == kProtocolUdp ? 0xffff : sum);
}

void strip_transport(const Prepared& prepared, std::uint32_t payload_octets, std::uint8_t next_header) {
    Frame& frame = *prepared.request->frame;
    const IpPacket& outer = prepared.outer;
    frame.close_gap(outer.upper_at, prepared.text_at - outer.upper_at);
    frame.set_network_octets(outer.upper_at + payload_octets);
    frame.network()[outer.upper_name_at] = next_header;
    set_total_octets(frame.packet(), outer.upper_at + payload_octets);
}

kl_reason strip_tunnel(const Prepared& prepared, std::uint32_t payload_octets, std::uint8_t next_header) {
    Frame& frame = *prepared.request->frame;
    frame.close_gap(0, prepared.text_at);
    frame.set_network_octets(payload_octets);
    const auto inner = parse_ip(frame.packet());
    if (!inner) return inner.error();
    if (next_header != (inner->family == KL_FAMILY_V4 ? kProtocolIpv4 : kProtocolIpv6))
        return KL_REASON_DROP_HEADERS;
    frame.set_network_octets(
        inner->total_octets);  // RFC 4303 2.7: what follows is padding for confidentiality
    frame.set_family(inner->family);
    const auto traffic_class = decapsulated_traffic_class(inner->traffic_class, prepared.outer.traffic_class);
    if (!traffic_class) return KL_REASON_DROP_CONGESTION;
    if (*traffic_class != inner->traffic_class) set_traffic_class(frame.packet(), *traffic_class);
    return KL_REASON_OPENED;
}

// From the decrypted text to a packet that may be delivered.
kl_reason finish(Prepared& prepared, const CryptoJob& job) {
    OpenRequest& request = *prepared.request;
    const SecurityAssociation& sa = *request.sa;
    if (!job.ok) return KL_REASON_DROP_ICV;
    if (!replay_advance(*sa.state, prepared.sequence, sa.window)) return KL_REASON_DROP_REPLAY;
    prepared.from_elsewhere = note_source(prepared);

    const std::span<const std::uint8_t> text(request.frame->network() + prepared.text_at, job.text_octets);
    const std::uint8_t next_header = text.back();
    const std::uint32_t padding_octets = text[text.size() - kTrailerOctets];
    if (padding_octets + kTrailerOctets > text.size()) return KL_REASON_DROP_PADDING;
    const auto payload_octets = static_cast<std::uint32_t>(text.size() - kTrailerOctets - padding_octets);
    if (!is_padding_right(text.subspan(payload_octets, padding_octets))) return KL_REASON_DROP_PADDING;
    if (next_header == kProtocolNone) return KL_REASON_DUMMY;

    if (sa.is_tunnel()) {
        const kl_reason reason = strip_tunnel(prepared, payload_octets, next_header);
        if (reason != KL_REASON_OPENED) return reason;
    } else {
        strip_transport(prepared, payload_octets, next_header);
    }
    const auto packet = request.frame->packet();
    const auto ip = parse_ip(packet);
    if (!ip) return ip.error();
    prepared.plain_octets = ip->total_octets;
    if (ip->is_fragment() && needs_whole_packet(sa.sa.selector)) {
        request.judge_whole = true;
        return KL_REASON_OPENED;
    }
    if (!sa.is_tunnel() && prepared.outer.protocol == kProtocolUdp) renew_upper_checksum(packet, *ip);
    return check_selector(sa, packet);
}

}  // namespace

kl_reason check_selector(const SecurityAssociation& sa, std::span<const std::uint8_t> packet) {
    const auto ip = parse_ip(packet);
    if (!ip) return ip.error();
    return covers(sa.sa.selector, inbound_tuple(packet, *ip)) ? KL_REASON_OPENED : KL_REASON_DROP_SELECTOR;
}

void Opener::open(std::span<OpenRequest> requests, const Clock& clock) {
    std::array<Prepared, kMaxBurst> prepared;
    std::array<CryptoJob, kMaxBurst> jobs;
    std::size_t count = 0;
    for (OpenRequest& request : requests) {
        request.judge_whole = false;
        prepared[count] = {.request = &request};
        request.reason = prepare(prepared[count], jobs[count], clock);
        if (request.reason == KL_REASON_OPENED) {
            ++count;
        } else {
            request.sa->count_error(request.reason);
        }
    }
    engine_.run(std::span(jobs).first(count));
    UsageTally tally(clock, sa_events_);
    for (std::size_t i = 0; i < count; ++i) {
        OpenRequest& request = *prepared[i].request;
        request.reason = finish(prepared[i], jobs[i]);
        if (prepared[i].from_elsewhere) __atomic_fetch_add(sa_events_, 1, __ATOMIC_RELEASE);
        if (request.reason == KL_REASON_OPENED || request.reason == KL_REASON_DUMMY) {
            tally.add(*request.sa, prepared[i].plain_octets);
        } else {
            request.sa->count_error(request.reason);
        }
    }
}

}  // namespace keyline::fastpath
