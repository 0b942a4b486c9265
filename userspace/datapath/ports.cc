#include "datapath/ports.h"

#include <algorithm>
#include <cstring>

#include "datapath/attachment.h"
#include "datapath/convert.h"
#include "datapath/offloads.h"

namespace keyline::datapath {
namespace {

kl_port_role role_of(policy::InterfaceRole role) {
    return role == policy::InterfaceRole::kProtected ? KL_PORT_PROTECTED : KL_PORT_UNPROTECTED;
}

void detach_programs(const Pins& pins, const Netlink& netlink, std::uint32_t index, const kl_port& port) {
    detach_xdp(pins.link_path(index));
    if (port.role == KL_PORT_UNPROTECTED) {
        detach_tc(netlink, port.ifindex, TcHook::kEgress, (port.flags & KL_PORT_CLSACT_OURS) != 0);
    }
}

}  // namespace

std::expected<Ports, std::string> Ports::open(const Pins& pins, kl_config& config, const Programs& programs,
                                              const Netlink& netlink) {
    Ports ports(pins, config, programs, netlink);
    auto by_ifindex = bpfmap::Map::open_pinned(pins.path("kl_port_by_ifindex"));
    auto table = bpfmap::Map::open_pinned(pins.path("kl_ports"));
    if (!by_ifindex) {
        return std::unexpected(by_ifindex.error());
    }
    if (!table) {
        return std::unexpected(table.error());
    }
    auto mapped = bpfmap::MappedArray<kl_port>::map(*table, true);
    if (!mapped) {
        return std::unexpected(pins.path("kl_ports") + ": " + mapped.error());
    }
    ports.by_ifindex_ = std::move(*by_ifindex);
    ports.ports_ = std::move(*mapped);
    return ports;
}

std::optional<std::uint32_t> Ports::find(const std::string& interface) const {
    for (std::uint32_t i = KL_HANDOVER_PORT + 1; i < ports_.size(); ++i) {
        if (ports_[i].role != KL_PORT_NONE && interface == ports_[i].name) {
            return i;
        }
    }
    return std::nullopt;
}

std::optional<std::uint32_t> Ports::free_port() const {
    for (std::uint32_t i = KL_HANDOVER_PORT + 1; i < ports_.size(); ++i) {
        if (ports_[i].role == KL_PORT_NONE) {
            return i;
        }
    }
    return std::nullopt;
}

// The entry is shared with the fast path, which owns xsk_mode and served: only our fields are written.
void Ports::describe(std::uint32_t index, const Link& link, kl_port_role role) {
    kl_port& port = ports_[index];
    if (port.ifindex != link.ifindex) {
        if (port.ifindex != 0) {
            by_ifindex_.erase(port.ifindex);
        }
        std::ranges::fill(port.xsk_mode, std::uint8_t{KL_XSK_NONE});
        std::ranges::fill(port.served, std::uint8_t{0});
    }
    port.ifindex = link.ifindex;
    port.mtu = link.mtu;
    std::ranges::copy(link.mac, port.mac);
    port.role = static_cast<std::uint8_t>(role);
    port.queues =
        static_cast<std::uint8_t>(std::min<std::uint32_t>(receive_queues(link.name), KL_MAX_QUEUES));
    std::memset(port.name, 0, sizeof(port.name));
    link.name.copy(port.name, sizeof(port.name) - 1);
    const LinkAddresses addresses = netlink_.get().addresses(link.ifindex).value_or(LinkAddresses{});
    port.address_v4 = addresses.v4 ? to_kl(*addresses.v4) : kl_address{};
    port.address_v6 = addresses.v6 ? to_kl(*addresses.v6) : kl_address{};
    changed(index);
}

void Ports::changed(std::uint32_t index) {
    __atomic_add_fetch(&ports_[index].epoch, 1, __ATOMIC_RELEASE);
    __atomic_add_fetch(&config_.get().ports_epoch, 1, __ATOMIC_RELEASE);
}

std::expected<void, std::string> Ports::attach_handover(const HandoverPair& pair) {
    describe(KL_HANDOVER_PORT, pair.far, KL_PORT_HANDOVER);
    const auto in = attach_xdp(pair.far, programs_.get().handover_in(), pins_.link_path(KL_HANDOVER_PORT));
    if (!in) {
        return std::unexpected(in.error());
    }
    ports_[KL_HANDOVER_PORT].xdp_mode = static_cast<std::uint8_t>(*in);
    const auto out = attach_tc(pair.near, TcHook::kIngress, programs_.get().handover_out());
    if (!out) {
        return std::unexpected(out.error());
    }
    config_.get().handover_ifindex = pair.near.ifindex;
    changed(KL_HANDOVER_PORT);
    return {};
}

std::expected<void, std::string> Ports::attach(const std::string& interface, policy::InterfaceRole role) {
    const auto link = netlink_.get().link(interface);
    if (!link) {
        return std::unexpected("cannot attach to " + interface + ": " + link.error() +
                               "; `ip link` lists the interfaces there are");
    }
    if (!link->ethernet) {
        return std::unexpected("cannot attach to " + interface + ": it is not an Ethernet interface");
    }
    auto index = find(interface);
    if (index && ports_[*index].role != role_of(role)) {
        forget(*index);
        index.reset();
    }
    if (!index) {
        index = free_port();
    }
    if (!index) {
        return std::unexpected("cannot attach to " + interface + ": " + std::to_string(KL_MAX_PORTS - 1) +
                               " interfaces are attached already");
    }
    // Before anything is changed: the other owner's filters would be replaced, and removed on failure.
    if (auto taken = xdp_taken(*link, pins_.link_path(*index))) {
        return std::unexpected(std::move(*taken));
    }
    describe(*index, *link, role_of(role));
    auto attached = attach_programs(*index, *link);
    if (!attached) {
        forget(*index);
    }
    return attached;
}

std::expected<void, std::string> Ports::attach_programs(std::uint32_t index, const Link& link) {
    kl_port& port = ports_[index];
    if (const auto known = by_ifindex_.update(link.ifindex, index); !known) {
        return std::unexpected("cannot attach to " + link.name + ": " + known.error());
    }
    if (port.role == KL_PORT_UNPROTECTED) {
        const auto egress = attach_tc(link, TcHook::kEgress, programs_.get().egress());
        if (!egress) {
            return std::unexpected(egress.error());
        }
        if (*egress) {
            port.flags |= KL_PORT_CLSACT_OURS;
        }
    }
    const auto ingress = attach_xdp(link, programs_.get().ingress(), pins_.link_path(index));
    if (!ingress) {
        return std::unexpected(ingress.error());
    }
    port.xdp_mode = static_cast<std::uint8_t>(*ingress);
    changed(index);
    return {};
}

std::expected<void, std::string> Ports::detach(const std::string& interface) {
    const auto index = find(interface);
    if (!index) {
        return std::unexpected("not attached to " + interface);
    }
    forget(*index);
    return {};
}

void Ports::remove_all(const Pins& pins, const Netlink& netlink) {
    const auto table = pins.map("kl_ports");
    if (!table) {
        return;
    }
    for (std::uint32_t i = 0; i < KL_MAX_PORTS; ++i) {
        const auto port = table->lookup<kl_port>(i);
        if (port && port->role != KL_PORT_NONE) {
            detach_programs(pins, netlink, i, *port);
        }
    }
}

void Ports::forget(std::uint32_t index) {
    kl_port& port = ports_[index];
    detach_programs(pins_, netlink_, index, port);
    by_ifindex_.erase(port.ifindex);
    const std::uint32_t epoch = port.epoch;
    port = {};
    port.epoch = epoch;
    changed(index);
}

std::vector<std::string> Ports::refresh() {
    std::vector<std::string> errors;
    for (std::uint32_t i = KL_HANDOVER_PORT + 1; i < ports_.size(); ++i) {
        if (ports_[i].role == KL_PORT_NONE) {
            continue;
        }
        const auto link = netlink_.get().link(ports_[i].name);
        if (!link) {
            errors.push_back(std::string(ports_[i].name) + ": " + link.error());
            continue;
        }
        describe(i, *link, static_cast<kl_port_role>(ports_[i].role));
        if (const auto attached = attach_programs(i, *link); !attached) {
            errors.push_back(attached.error());
        }
    }
    return errors;
}

}  // namespace keyline::datapath
