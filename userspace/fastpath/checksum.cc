#include "fastpath/checksum.h"

#include <cstring>

#include "base/bytes.h"
#include "fastpath/byte_order.h"

namespace keyline::fastpath {

std::uint64_t checksum_add(std::span<const std::uint8_t> octets, std::uint64_t sum) {
    std::size_t at = 0;
    for (; at + 4 <= octets.size(); at += 4)
        sum += load_be32(&octets[at]);
    if (at + 2 <= octets.size()) {
        sum += load_be16(&octets[at]);
        at += 2;
    }
    if (at < octets.size()) sum += std::uint64_t{octets[at]} << 8;
    return sum;
}

std::uint16_t checksum_finish(std::uint64_t sum) {
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

void write_ipv4_checksum(std::span<std::uint8_t> header) {
    store_be16(&header[10], 0);
    store_be16(&header[10], checksum_finish(checksum_add(header)));
}

std::uint64_t pseudo_header_sum(std::span<const std::uint8_t> packet, std::uint8_t protocol,
                                std::uint32_t octets) {
    const bool v4 = packet[0] >> 4 == 4;
    return checksum_add(v4 ? packet.subspan(12, 8) : packet.subspan(8, 32)) + protocol + octets;
}

}  // namespace keyline::fastpath
