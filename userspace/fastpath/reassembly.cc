#include "fastpath/reassembly.h"

#include <algorithm>

#include "fastpath/byte_order.h"

namespace keyline::fastpath {
namespace {

constexpr std::uint32_t kMaxPacket = 65535;

}  // namespace

Reassembler::Key Reassembler::key_of(std::uint32_t context, std::span<const std::uint8_t> packet,
                                     const IpPacket& ip) {
    Key key{.context = context, .identification = ip.fragment_id, .family = ip.family};
    if (ip.family == KL_FAMILY_V4) {
        key.protocol = ip.protocol;
        std::copy_n(&packet[12], 8, key.addresses.begin());
    } else {
        std::copy_n(&packet[8], 32, key.addresses.begin());
    }
    return key;
}

Bytes Reassembler::headers_of(std::span<const std::uint8_t> packet, const IpPacket& ip) {
    if (ip.family == KL_FAMILY_V4) {
        Bytes headers(packet.begin(), packet.begin() + ip.upper_at);
        store_be16(&headers[6], 0);
        return headers;
    }
    Bytes headers(packet.begin(), packet.begin() + ip.fragment_at);
    headers[ip.fragment_name_at] = ip.protocol;
    return headers;
}

bool Reassembler::insert(Pending& pending, std::span<const std::uint8_t> packet, const IpPacket& ip) {
    const std::uint32_t begin = ip.fragment_offset;
    const std::uint32_t end = begin + ip.total_octets - ip.upper_at;
    const bool aligned = !ip.more_fragments || (end - begin) % 8 == 0;
    if (begin == end || !aligned || end + ip.upper_at > kMaxPacket) return false;
    const bool last = !ip.more_fragments;
    if (pending.total != 0 && (end > pending.total || (last && end != pending.total))) return false;

    const auto next = std::lower_bound(pending.parts.begin(), pending.parts.end(), begin,
                                       [](const Part& part, std::uint32_t at) { return part.begin < at; });
    if (next != pending.parts.end() && next->begin == begin && next->end == end) return true;
    if (next != pending.parts.end() && (last || next->begin < end)) return false;
    if (next != pending.parts.begin() && (next - 1)->end > begin) return false;

    if (last) pending.total = end;
    if (begin == 0) pending.headers = headers_of(packet, ip);
    if (pending.data.size() < end) pending.data.resize(end);
    std::copy(packet.begin() + ip.upper_at, packet.begin() + ip.total_octets, pending.data.begin() + begin);
    pending.parts.insert(next, Part{begin, end});
    pending.received += end - begin;
    return true;
}

Reassembler::Result Reassembler::add(std::uint32_t context, std::span<const std::uint8_t> packet,
                                     const IpPacket& ip, std::uint64_t now) {
    Result result;
    const Key key = key_of(context, packet, ip);
    auto at = std::find_if(pending_.begin(), pending_.end(),
                           [&](const Pending& pending) { return pending.key == key; });
    if (at == pending_.end()) {
        if (pending_.size() == kMaxReassemblies) {
            result.dropped += pending_.front().fragments();
            pending_.pop_front();
        }
        pending_.push_back({.key = key, .started = now});
        at = std::prev(pending_.end());
    }
    if (!insert(*at, packet, ip)) {
        result.dropped += at->fragments() + 1;
        pending_.erase(at);
        return result;
    }
    if (!at->is_complete()) return result;

    const std::size_t octets = at->headers.size() + at->total;
    if (octets > kMaxPacket) {
        result.dropped += at->fragments();
    } else {
        Bytes whole = std::move(at->headers);
        append(whole, std::span(at->data).first(at->total));
        set_total_octets(whole, static_cast<std::uint32_t>(octets));
        result.packet = std::move(whole);
    }
    pending_.erase(at);
    return result;
}

std::uint32_t Reassembler::expire(std::uint64_t now) {
    std::uint32_t dropped = 0;
    while (!pending_.empty() && now - pending_.front().started > kReassemblyTimeout) {
        dropped += pending_.front().fragments();
        pending_.pop_front();
    }
    return dropped;
}

}  // namespace keyline::fastpath
