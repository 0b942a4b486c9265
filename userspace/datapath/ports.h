// The interfaces Keyline is attached to: map kl_ports and the programs on them (shared/port.h).
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bpfmap/bpf_map.h"
#include "datapath/handover_pair.h"
#include "datapath/netlink.h"
#include "datapath/pins.h"
#include "datapath/programs.h"
#include "policy/policy.h"
#include "shared/config.h"
#include "shared/port.h"

namespace keyline::datapath {

class Ports {
  public:
    // All but the pins live longer than this object.
    static std::expected<Ports, std::string> open(const Pins& pins, kl_config& config,
                                                  const Programs& programs, const Netlink& netlink);

    // Detaches everything of an instance, without its programs; nothing happens where there is none.
    static void remove_all(const Pins& pins, const Netlink& netlink);

    // Puts the handover pair in place as port KL_HANDOVER_PORT.
    std::expected<void, std::string> attach_handover(const HandoverPair& pair);
    std::expected<void, std::string> attach(const std::string& interface, policy::InterfaceRole role);
    std::expected<void, std::string> detach(const std::string& interface);
    // Renews what the ports say of their interfaces and the programs on them; the errors of those that
    // failed.
    std::vector<std::string> refresh();

  private:
    Ports(const Pins& pins, kl_config& config, const Programs& programs, const Netlink& netlink)
        : pins_(pins), config_(config), programs_(programs), netlink_(netlink) {}
    std::optional<std::uint32_t> find(const std::string& interface) const;
    std::optional<std::uint32_t> free_port() const;
    void describe(std::uint32_t port, const Link& link, kl_port_role role);
    std::expected<void, std::string> attach_programs(std::uint32_t port, const Link& link);
    void forget(std::uint32_t port);
    void changed(std::uint32_t port);

    Pins pins_;
    std::reference_wrapper<kl_config> config_;
    std::reference_wrapper<const Programs> programs_;
    std::reference_wrapper<const Netlink> netlink_;
    bpfmap::Map by_ifindex_;
    bpfmap::MappedArray<kl_port> ports_;
};

}  // namespace keyline::datapath
