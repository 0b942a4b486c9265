// Which CPUs open the ESP of kernel SAs. XDP takes the packets of an inbound SA to the CPU of that SA (map
// kl_cpus, shared/sa.h), so that several tunnels do not meet on the one to which the network card gives them
// all, and an SA's packets stay in their order.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "datapath/pins.h"

namespace keyline::datapath {

class CpuSpread {
  public:
    CpuSpread() = default;
    // The CPUs that this process may run on, where the kernel takes them as targets; with one alone there is
    // nothing to spread.
    static std::expected<CpuSpread, std::string> open(const Pins& pins);
    // How many entries kl_cpus must have on this machine; the kernel refuses more.
    static std::uint32_t map_entries();

    // kl_sa.cpu for one more inbound SA: of the CPU with the fewest. 0: wherever its packets come in.
    std::uint16_t least_loaded() const;
    // An SA with this kl_sa.cpu has come, or gone.
    void take(std::uint16_t cpu) { ++loads_[cpu]; }
    void release(std::uint16_t cpu) { --loads_[cpu]; }

  private:
    std::vector<std::uint16_t> cpus_;   // as kl_sa.cpu
    std::vector<std::uint32_t> loads_;  // SAs, by kl_sa.cpu
};

}  // namespace keyline::datapath
