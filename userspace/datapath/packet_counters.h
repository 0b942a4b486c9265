// Counts packets that neither the kernel programs nor the fast path see dropped: those of kernel ESP. Adds
// them to map kl_counters under reasons (shared/reasons.h) that no program of bpf/ counts, so that nobody
// else writes there.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "bpfmap/bpf_map.h"
#include "datapath/pins.h"
#include "shared/reasons.h"

namespace keyline::datapath {

class PacketCounters {
  public:
    PacketCounters() = default;
    static std::expected<PacketCounters, std::string> open(const Pins& pins);

    void add(kl_reason reason, std::uint64_t packets) const;

  private:
    explicit PacketCounters(bpfmap::Map counters) : counters_(std::move(counters)) {}
    bpfmap::Map counters_;
};

}  // namespace keyline::datapath
