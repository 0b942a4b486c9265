// Cutting an IP packet into fragments (RFC 791 3.2, RFC 8200 4.5).
#pragma once

#include <cstdint>
#include <functional>
#include <span>

namespace keyline::fastpath {

// Called with each fragment as two runs of octets, headers and data, to be concatenated.
using EmitFragment =
    std::function<void(std::span<const std::uint8_t> headers, std::span<const std::uint8_t> data)>;

// Cuts `packet` so that no fragment is larger than `mtu` octets. An IPv4 packet may itself be a fragment; it
// keeps its identification, and DF is cleared. IPv6 fragments get `identification`. False, and nothing
// emitted, when that cannot be done: the mtu leaves no room for data, or an IPv6 packet is a fragment
// already.
bool fragment_packet(std::span<const std::uint8_t> packet, std::uint32_t mtu, std::uint32_t identification,
                     const EmitFragment& emit);

}  // namespace keyline::fastpath
