#include "datapath/cpu_spread.h"

#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <sched.h>

#include <algorithm>

#include "shared/sa.h"

namespace keyline::datapath {
namespace {

// Frames that wait for a CPU: some milliseconds at the rate at which one core opens ESP. A full queue drops,
// as a full receive ring of a network card does.
constexpr std::uint32_t kQueueFrames = 2048;

// Numbers of the CPUs that the scheduler gives this process, which are online.
std::vector<std::uint32_t> own_cpus() {
    const std::uint32_t possible = CpuSpread::map_entries();
    cpu_set_t* const set = CPU_ALLOC(possible);
    const std::size_t octets = CPU_ALLOC_SIZE(possible);
    std::vector<std::uint32_t> cpus;
    if (set != nullptr && ::sched_getaffinity(0, octets, set) == 0) {
        for (std::uint32_t cpu = 0; cpu < possible; ++cpu) {
            if (CPU_ISSET_S(cpu, octets, set)) {
                cpus.push_back(cpu);
            }
        }
    }
    CPU_FREE(set);
    return cpus;
}

// An entry that is there stays as it is: a new one would get a queue of its own beside packets in the old
// one.
bool is_target(const bpfmap::Map& map, std::uint32_t cpu) {
    const bpf_cpumap_val queue{.qsize = kQueueFrames, .bpf_prog = {}};
    return map.lookup<bpf_cpumap_val>(cpu).has_value() || map.update(cpu, queue).has_value();
}

}  // namespace

std::uint32_t CpuSpread::map_entries() {
    return static_cast<std::uint32_t>(std::clamp(libbpf_num_possible_cpus(), 1, KL_SPI_CPU_MASK));
}

std::expected<CpuSpread, std::string> CpuSpread::open(const Pins& pins) {
    CpuSpread spread;
    const auto map = bpfmap::Map::open_pinned(pins.path("kl_cpus"));
    if (!map) {
        return std::unexpected(map.error());
    }
    spread.loads_.resize(KL_SPI_CPU_MASK + 1);
    const std::vector<std::uint32_t> cpus = own_cpus();
    if (cpus.size() < 2) {
        return spread;
    }
    for (const std::uint32_t cpu : cpus) {
        if (cpu < map->max_entries() && is_target(*map, cpu)) {
            spread.cpus_.push_back(static_cast<std::uint16_t>(cpu + 1));
        }
    }
    return spread;
}

std::uint16_t CpuSpread::least_loaded() const {
    const auto least = std::ranges::min_element(cpus_, {}, [this](std::uint16_t cpu) { return loads_[cpu]; });
    return least != cpus_.end() ? *least : std::uint16_t{0};
}

}  // namespace keyline::datapath
