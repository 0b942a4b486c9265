#include "fastpath/packet_path.h"

#include <openssl/rand.h>

#include <algorithm>
#include <utility>

#include "fastpath/fragment.h"
#include "fastpath/ip_packet.h"
#include "fastpath/link_layer.h"

namespace keyline::fastpath {
namespace {

// Contexts of the reassembler: ESP from the wire; what an outbound SA is to seal; what came out of an inbound
// SA.
constexpr std::uint32_t kFromWire = 0;
constexpr std::uint32_t kInnerOfSa = 1U << 31;

std::uint32_t random_id() {
    std::uint32_t id = 0;
    RAND_bytes(reinterpret_cast<unsigned char*>(&id), sizeof id);
    return id;
}

}  // namespace

PacketPath::PacketPath(CryptoEngine& engine, SaSource& sas, Connections& connections, FrameSink& sink,
                       FramePool& pool, std::span<const kl_port> ports, kl_worker_counters& counters,
                       std::uint32_t* sa_events)
    : sas_(sas),
      connections_(connections),
      sink_(sink),
      pool_(pool),
      ports_(ports),
      counters_(counters),
      sealer_(engine, sa_events),
      opener_(engine, sa_events),
      fragment_id_(random_id()) {}

void PacketPath::drop(const Frame& frame, kl_reason reason) {
    count(reason);
    pool_.give(frame);
}

std::optional<Frame> PacketPath::make_frame(const Frame& like, std::span<const std::uint8_t> packet) {
    auto frame = pool_.take_for(like.link_octets + static_cast<std::uint32_t>(packet.size()));
    if (!frame) return std::nullopt;
    frame->link_octets = like.link_octets;
    frame->length = like.link_octets + static_cast<std::uint32_t>(packet.size());
    std::copy_n(like.link(), like.link_octets, frame->link());
    std::copy(packet.begin(), packet.end(), frame->network());
    return frame;
}

void PacketPath::receive(std::uint8_t port, Frame frame) {
    frame.link_octets = link_octets(frame.octets());
    if (frame.link_octets == 0) return drop(frame, KL_REASON_DROP_HEADERS);
    const kl_handover handover = read_handover(frame.link());
    const std::uint32_t value = handover_value(handover);
    if (handover.port >= ports_.size()) return drop(frame, KL_REASON_DROP_HEADERS);
    switch (handover.kind) {
        case KL_HANDOVER_SEAL:
            return queue_seal({frame, value, handover.port}, ports_[port].role == KL_PORT_PROTECTED, false);
        case KL_HANDOVER_TWICE:
            return queue_seal({frame, value, handover.port, true}, false, false);
        case KL_HANDOVER_HOLD:
            return hold(frame, value, handover.port);
        case KL_HANDOVER_OPEN:
            return queue_open(frame, value, handover.port);
        case KL_HANDOVER_JUDGE:
            return judge(frame, handover.port);
        case KL_HANDOVER_REASSEMBLE:
            return reassemble_esp(frame, handover.port);
        default:
            return drop(frame, KL_REASON_DROP_HEADERS);
    }
}

void PacketPath::flush() {
    flush_seals();
    flush_opens();
    // What fragments were put together to is sealed in a burst of its own.
    for (const Sealing& whole : std::exchange(assembled_, {})) {
        queue_seal(whole, false, true);
    }
    flush_seals();
}

void PacketPath::tick() {
    count(KL_REASON_DROP_FRAGMENT, reassembler_.expire(clock_.monotonic));
    const std::uint32_t in_vain = held_.poll(
        clock_.monotonic,
        [&](std::uint32_t rule, const kl_tuple& tuple) { return sas_.awaited(rule, tuple); },
        [&](const HoldQueue::Held& held, Awaited sa) { release(held, sa); });
    count(KL_REASON_DROP_HOLD_FAILED, in_vain);
}

void PacketPath::release(const HoldQueue::Held& held, Awaited sa) {
    // Kernel ESP begins in the stack, which is behind a packet that is sent by a port.
    if (sa == Awaited::kKernelSa) {
        const std::span<const std::uint8_t> octets(held.frame);
        const std::uint32_t mark = sas_.mark_for(held.rule, held.tuple);
        if (!sink_.send_by_stack(octets.subspan(held.link_octets), mark)) count(KL_REASON_DROP_HOLD_FAILED);
        return;
    }
    auto frame = pool_.take_for(static_cast<std::uint32_t>(held.frame.size()));
    if (!frame) return count(KL_REASON_DROP_RING_FULL);
    frame->length = static_cast<std::uint32_t>(held.frame.size());
    std::copy(held.frame.begin(), held.frame.end(), frame->link());
    // It is classified once more, since only now the tunnel's own next hop can be known.
    write_handover(frame->link(), KL_HANDOVER_HOLD, held.port);
    if (!sink_.send(KL_HANDOVER_PORT, *frame)) drop(*frame, KL_REASON_DROP_RING_FULL);
}

void PacketPath::queue_seal(Sealing sealing, bool forwarded, bool was_fragmented) {
    Frame& frame = sealing.frame;
    const SecurityAssociation* const sa = sas_.find(sealing.sa_index);
    if (sa == nullptr) return drop(frame, KL_REASON_DROP_NO_SA);
    if (sealing.twice) {
        sealing.clear = make_frame(frame, frame.packet());
        if (!sealing.clear) return drop(frame, KL_REASON_DROP_RING_FULL);
    }
    if (!frame.has_room(kFrontRoom, kTailRoom)) {
        const auto roomy = make_frame(frame, frame.packet());
        if (!roomy) {
            if (sealing.clear) pool_.give(*sealing.clear);
            return drop(frame, KL_REASON_DROP_RING_FULL);
        }
        pool_.give(frame);
        frame = *roomy;
    }
    if (seals_ == kMaxBurst) flush_seals();
    sealings_[seals_] = sealing;
    seal_requests_[seals_] = {.frame = &sealings_[seals_].frame,
                              .sa = sa,
                              .path_mtu = sink_.mtu(sealing.port),
                              .forwarded = forwarded,
                              .was_fragmented = was_fragmented};
    ++seals_;
}

void PacketPath::queue_open(const Frame& frame, std::uint32_t sa_index, std::uint8_t port) {
    const SecurityAssociation* const sa = sas_.find(sa_index);
    if (sa == nullptr) return drop(frame, KL_REASON_DROP_SPI);
    if (opens_ == kMaxBurst) flush_opens();
    openings_[opens_] = {frame, sa_index, port};
    open_requests_[opens_] = {.frame = &openings_[opens_].frame, .sa = sa};
    ++opens_;
}

void PacketPath::hold(const Frame& frame, std::uint32_t rule, std::uint8_t port) {
    const auto ip = parse_ip(frame.packet());
    if (!ip) return drop(frame, ip.error());
    const kl_tuple tuple = outbound_tuple(frame.packet(), *ip);
    const bool kept =
        held_.add(sas_.hold_key(rule, tuple), {.port = port,
                                               .rule = rule,
                                               .tuple = tuple,
                                               .since = clock_.monotonic,
                                               .frame = {frame.octets().begin(), frame.octets().end()},
                                               .link_octets = frame.link_octets});
    if (!kept) count(KL_REASON_DROP_HOLD_FULL);
    pool_.give(frame);
}

void PacketPath::reassemble_esp(const Frame& frame, std::uint8_t port) {
    const auto ip = parse_ip(frame.packet());
    if (!ip) return drop(frame, ip.error());
    if (!ip->is_fragment()) return drop(frame, KL_REASON_DROP_FRAGMENT);
    auto result = reassembler_.add(kFromWire, frame.packet(), *ip, clock_.monotonic);
    count(KL_REASON_DROP_FRAGMENT, result.dropped);
    if (result.packet) {
        const auto whole = make_frame(frame, *result.packet);
        if (whole) {
            open_reassembled(*whole, port);
        } else {
            count(KL_REASON_DROP_RING_FULL);
        }
    }
    pool_.give(frame);
}

void PacketPath::open_reassembled(const Frame& frame, std::uint8_t port) {
    const auto packet = frame.packet();
    const auto ip = parse_ip(packet);
    if (!ip) return drop(frame, ip.error());
    const std::uint32_t esp_at = ip->upper_at + (ip->protocol == kProtocolUdp ? 8 : 0);
    if (ip->total_octets < esp_at + kEspHeaderOctets) return drop(frame, KL_REASON_DROP_TRUNCATED);
    kl_spi_key key{};
    key.spi = load_be32(&packet[esp_at]);
    key.family = ip->family;
    key.local = inbound_tuple(packet, *ip).local;
    queue_open(frame, sas_.find_by_spi(key), port);
}

void PacketPath::flush_seals() {
    const auto requests = std::span(seal_requests_).first(seals_);
    sealer_.seal(requests, clock_);
    for (std::size_t i = 0; i < requests.size(); ++i)
        finish_seal(requests[i], sealings_[i]);
    seals_ = 0;
}

void PacketPath::flush_opens() {
    const auto requests = std::span(open_requests_).first(opens_);
    opener_.open(requests, clock_);
    for (std::size_t i = 0; i < requests.size(); ++i)
        finish_open(requests[i], openings_[i]);
    opens_ = 0;
}

void PacketPath::finish_seal(const SealRequest& request, const Sealing& sealing) {
    const Frame& frame = sealing.frame;
    if (request.reason == KL_REASON_SEALED) {
        send_from_port(frame, sealing.port, KL_REASON_SEALED);
        if (sealing.clear) send_from_port(*sealing.clear, sealing.port, KL_REASON_SENT_CLEAR);
        return;
    }
    if (sealing.clear) pool_.give(*sealing.clear);
    if (request.reason == KL_REASON_DROP_FRAGMENT) return reassemble_plaintext(frame, sealing);
    const bool too_big = request.reason == KL_REASON_DROP_TOO_BIG && request.told_mtu != 0;
    if (too_big || request.reason == KL_REASON_DROP_HOP_LIMIT) {
        tell_sender(frame, sealing.port, request.reason, request.told_mtu);
    }
    drop(frame, request.reason);
}

void PacketPath::reassemble_plaintext(const Frame& frame, const Sealing& sealing) {
    const auto ip = parse_ip(frame.packet());
    if (!ip || !ip->is_fragment()) return drop(frame, KL_REASON_DROP_FRAGMENT);
    auto result = reassembler_.add(sealing.sa_index, frame.packet(), *ip, clock_.monotonic);
    count(KL_REASON_DROP_FRAGMENT, result.dropped);
    if (result.packet) {
        if (const auto whole = make_frame(frame, *result.packet)) {
            assembled_.push_back({*whole, sealing.sa_index, sealing.port, sealing.twice});
        } else {
            count(KL_REASON_DROP_RING_FULL);
        }
    }
    pool_.give(frame);
}

void PacketPath::finish_open(const OpenRequest& request, const Opening& opening) {
    if (request.reason != KL_REASON_OPENED) return drop(opening.frame, request.reason);
    if (request.judge_whole) return judge_whole(request, opening);
    accept(opening.frame, request, opening);
}

void PacketPath::judge_whole(const OpenRequest& request, const Opening& opening) {
    const Frame& frame = opening.frame;
    const auto ip = parse_ip(frame.packet());
    if (!ip) return drop(frame, ip.error());
    auto result = reassembler_.add(kInnerOfSa | opening.sa_index, frame.packet(), *ip, clock_.monotonic);
    count(KL_REASON_DROP_FRAGMENT, result.dropped);
    if (result.packet) {
        const kl_reason reason = check_selector(*request.sa, *result.packet);
        const auto whole = reason == KL_REASON_OPENED ? make_frame(frame, *result.packet) : std::nullopt;
        if (whole) {
            accept(*whole, request, opening);
        } else {
            count(reason == KL_REASON_OPENED ? KL_REASON_DROP_RING_FULL : reason);
        }
    }
    pool_.give(frame);
}

void PacketPath::accept(const Frame& frame, const OpenRequest& request, const Opening& opening) {
    if (request.sa->is_auth_firewall()) return authorize(frame, *request.sa);
    deliver(frame, opening.port, opening.sa_index, KL_REASON_OPENED);
}

// MS-AIPS 3.10.5.1: it has said what it had to say. The same packet follows in the clear.
void PacketPath::authorize(const Frame& frame, const SecurityAssociation& sa) {
    const auto ip = parse_ip(frame.packet());
    if (!ip) return drop(frame, ip.error());
    connections_.authorize(inbound_tuple(frame.packet(), *ip), tcp_flags(frame.packet(), *ip),
                           sa.sa.impersonation_handle, clock_.monotonic);
    drop(frame, KL_REASON_AUTHORIZED);
}

// MS-AIPS 3.10.5.2: plaintext that came before its connection was authorized, or was thought to.
void PacketPath::judge(const Frame& frame, std::uint8_t port) {
    flush_opens();
    const auto ip = parse_ip(frame.packet());
    if (!ip) return drop(frame, ip.error());
    const kl_tuple tuple = inbound_tuple(frame.packet(), *ip);
    if (connections_.is_authorized(tuple, tcp_flags(frame.packet(), *ip), clock_.monotonic))
        return deliver(frame, port, 0, KL_REASON_PASS_AUTH_FIREWALL);
    if (ip->protocol != kProtocolTcp) ask_twice(frame, port);
    drop(frame, KL_REASON_DROP_UNAUTHENTICATED);
}

// The sender is to send its next packet under the SA, too.
void PacketPath::ask_twice(const Frame& frame, std::uint8_t port) {
    const auto error = make_icmp_error(frame.packet(), KL_REASON_DROP_UNAUTHENTICATED, 0);
    if (!error || !asking_limit_.allow(clock_.monotonic)) return;
    if (const auto asked = make_frame(frame, *error)) send_from_port(*asked, port, KL_REASON_ASKED_TWICE);
}

void PacketPath::deliver(const Frame& frame, std::uint8_t port, std::uint32_t sa_index, kl_reason reason) {
    write_handover(frame.link(), KL_HANDOVER_OPEN, port, sa_index);
    transmit(frame, KL_HANDOVER_PORT, sink_.mtu(KL_HANDOVER_PORT), reason);
}

void PacketPath::send_from_port(const Frame& frame, std::uint8_t port, kl_reason reason) {
    std::copy_n(ports_[port].mac, kAddressOctets, frame.link() + kSourceAt);
    transmit(frame, port, sink_.mtu(port), reason);
}

void PacketPath::transmit(const Frame& frame, std::uint8_t port, std::uint32_t mtu, kl_reason reason) {
    if (frame.network_octets() <= mtu) {
        if (!sink_.send(port, frame)) return drop(frame, KL_REASON_DROP_RING_FULL);
        return count(reason);
    }
    bool all_sent = true;
    const auto emit = [&](std::span<const std::uint8_t> headers, std::span<const std::uint8_t> data) {
        Bytes packet(headers.begin(), headers.end());
        append(packet, data);
        const auto piece = make_frame(frame, packet);
        if (!piece) {
            all_sent = false;
        } else if (!sink_.send(port, *piece)) {
            pool_.give(*piece);
            all_sent = false;
        }
    };
    if (!fragment_packet(frame.packet(), mtu, fragment_id_++, emit))
        return drop(frame, KL_REASON_DROP_TOO_BIG);
    count(all_sent ? reason : KL_REASON_DROP_RING_FULL);
    pool_.give(frame);
}

void PacketPath::tell_sender(const Frame& frame, std::uint8_t port, kl_reason reason, std::uint32_t mtu) {
    const auto error = make_icmp_error(frame.packet(), reason, mtu);
    if (!error || !icmp_limit_.allow(clock_.monotonic)) return;
    const auto told = make_frame(frame, *error);
    if (!told) return;
    write_handover(told->link(), KL_HANDOVER_OPEN, port);
    if (sink_.send(KL_HANDOVER_PORT, *told)) {
        count(KL_REASON_ICMP_SENT);
    } else {
        pool_.give(*told);
    }
}

}  // namespace keyline::fastpath
