#include "datapath/packet_counters.h"

#include <bpf/libbpf.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace keyline::datapath {

std::expected<PacketCounters, std::string> PacketCounters::open(const Pins& pins) {
    auto counters = bpfmap::Map::open_pinned(pins.path("kl_counters"));
    if (!counters) {
        return std::unexpected(std::move(counters.error()));
    }
    return PacketCounters(std::move(*counters));
}

void PacketCounters::add(kl_reason reason, std::uint64_t packets) const {
    const std::uint32_t key = reason;
    std::vector<std::uint64_t> per_cpu(static_cast<std::size_t>(std::max(libbpf_num_possible_cpus(), 1)));
    if (packets != 0 && counters_.lookup_octets(&key, per_cpu.data())) {
        per_cpu.front() += packets;
        (void)counters_.update_octets(&key, per_cpu.data());
    }
}

}  // namespace keyline::datapath
