#include "datapath/interface_settings.h"

#include <fstream>

namespace keyline::datapath {
namespace {

// Reverse path filtering must be loose (0 would leave conf/all/rp_filter = 1 in force), and the kernel's
// loose filter passes nothing on an interface without an address. This one is nobody's (RFC 7600 4.8, "IPv4
// dummy address").
constexpr int kLooseFilter = 2;
constexpr const char* kDummyAddress = "192.0.0.8";

// A setting that is absent (a kernel without IPv6) needs no setting.
void write_setting(const std::string& family, const std::string& interface, const std::string& name,
                   int value) {
    std::ofstream("/proc/sys/net/" + family + "/conf/" + interface + "/" + name) << value;
}

}  // namespace

void keep_silent(const std::string& interface) {
    write_setting("ipv6", interface, "addr_gen_mode", 1);  // no link-local address
    write_setting("ipv6", interface, "accept_ra", 0);
    write_setting("ipv6", interface, "router_solicitations", 0);
}

void disable_ipv6(const std::string& interface) { write_setting("ipv6", interface, "disable_ipv6", 1); }

std::expected<void, std::string> accept_any_source(const Netlink& netlink, const Link& link) {
    write_setting("ipv4", link.name, "rp_filter", kLooseFilter);
    return netlink.add_address(link.ifindex, *IpAddress::parse(kDummyAddress));
}

}  // namespace keyline::datapath
