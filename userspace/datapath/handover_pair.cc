#include "datapath/handover_pair.h"

#include <fstream>

#include "datapath/offloads.h"

namespace keyline::datapath {
namespace {

// Any packet that a port can carry, whole.
constexpr std::uint32_t kMtu = 65535;
// Locally administered; zero in the octet where a handover has its kind.
constexpr MacAddress kNearMac{0x02, 0x4b, 0x4c, 0x00, 0x00, 0x01};
constexpr MacAddress kFarMac{0x02, 0x4b, 0x4c, 0x00, 0x00, 0x02};

// What the near end itself delivers has routes through other interfaces: reverse path filtering must be loose
// (0 would leave conf/all/rp_filter = 1 in force), and the kernel's loose filter passes nothing on an
// interface without an address. This one is nobody's (RFC 7600 4.8, "IPv4 dummy address").
constexpr int kLooseFilter = 2;
constexpr const char* kDummyAddress = "192.0.0.8";

// A setting that is absent (a kernel without IPv6) needs no setting.
void write_setting(const std::string& family, const std::string& interface, const std::string& name,
                   int value) {
    std::ofstream("/proc/sys/net/" + family + "/conf/" + interface + "/" + name) << value;
}

void quieten(const HandoverPair& pair) {
    for (const std::string& interface : {pair.near.name, pair.far.name}) {
        write_setting("ipv6", interface, "addr_gen_mode", 1);  // no link-local address
        write_setting("ipv6", interface, "accept_ra", 0);
        write_setting("ipv6", interface, "router_solicitations", 0);
    }
    write_setting("ipv6", pair.far.name, "disable_ipv6", 1);
    write_setting("ipv4", pair.near.name, "rp_filter", kLooseFilter);
}

}  // namespace

std::string handover_near_name(const std::string& instance) { return "klh-" + instance; }
std::string handover_far_name(const std::string& instance) { return "klw-" + instance; }

std::expected<HandoverPair, std::string> make_handover_pair(const Netlink& netlink,
                                                            const std::string& instance) {
    const VethPair wanted{.near = handover_near_name(instance),
                          .far = handover_far_name(instance),
                          .near_mac = kNearMac,
                          .far_mac = kFarMac,
                          .mtu = kMtu};
    const auto failure = [&wanted](const std::string& reason) {
        return std::unexpected("cannot make the handover interfaces " + wanted.near + " and " + wanted.far +
                               ": " + reason);
    };
    if (!netlink.link(wanted.near) || !netlink.link(wanted.far)) {
        remove_handover_pair(netlink, instance);
        if (const auto made = netlink.create_veth(wanted); !made) {
            return failure(made.error());
        }
    }
    const auto near = netlink.link(wanted.near), far = netlink.link(wanted.far);
    if (!near) {
        return failure(near.error());
    }
    if (!far) {
        return failure(far.error());
    }
    HandoverPair pair{*near, *far};
    quieten(pair);
    if (const auto done = finish_frames_in_software(wanted.near); !done) {
        return failure(done.error());
    }
    if (const auto done = netlink.add_address(pair.near.ifindex, *IpAddress::parse(kDummyAddress)); !done) {
        return failure(done.error());
    }
    for (const Link& link : {pair.near, pair.far}) {
        if (const auto up = netlink.set_up(link.ifindex); !up) {
            return failure(up.error());
        }
    }
    return pair;
}

bool remove_handover_pair(const Netlink& netlink, const std::string& instance) {
    bool removed = false;
    for (const std::string& name : {handover_near_name(instance), handover_far_name(instance)}) {
        if (const auto link = netlink.link(name)) {
            removed |= netlink.delete_link(link->ifindex).has_value();
        }
    }
    return removed;
}

}  // namespace keyline::datapath
