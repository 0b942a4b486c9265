#include "datapath/handover_pair.h"

#include "datapath/interface_settings.h"
#include "datapath/offloads.h"

namespace keyline::datapath {
namespace {

// Any packet that a port can carry, whole.
constexpr std::uint32_t kMtu = 65535;
// Locally administered; zero in the octet where a handover has its kind.
constexpr MacAddress kNearMac{0x02, 0x4b, 0x4c, 0x00, 0x00, 0x01};
constexpr MacAddress kFarMac{0x02, 0x4b, 0x4c, 0x00, 0x00, 0x02};

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
    for (const std::string& interface : {wanted.near, wanted.far}) {
        keep_silent(interface);
    }
    disable_ipv6(wanted.far);
    if (const auto done = finish_frames_in_software(wanted.near); !done) {
        return failure(done.error());
    }
    if (const auto done = accept_any_source(netlink, pair.near); !done) {
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
