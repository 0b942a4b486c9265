#include "datapath/netlink.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <net/if_arp.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "datapath/netlink_request.h"

namespace keyline::datapath {
namespace {

using Request = NetlinkRequest;

std::string kernel_words(int error) { return std::strerror(error); }

// Calls `visit(attribute, type)` for what follows the fixed part of `fixed` octets.
template <typename Visit>
void for_each_attribute(const nlmsghdr* message, std::size_t fixed, Visit visit) {
    auto trampoline = [](const nlattr* attribute, void* data) {
        (*static_cast<Visit*>(data))(attribute, mnl_attr_get_type(attribute));
        return MNL_CB_OK;
    };
    mnl_attr_parse(message, static_cast<unsigned>(fixed), trampoline, &visit);
}

Link read_link(const nlmsghdr* message) {
    const auto* info = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(message));
    Link link;
    link.ifindex = static_cast<std::uint32_t>(info->ifi_index);
    link.ethernet = info->ifi_type == ARPHRD_ETHER;
    link.up = (info->ifi_flags & IFF_UP) != 0;
    for_each_attribute(message, sizeof(*info), [&link](const nlattr* attribute, unsigned type) {
        switch (type) {
            case IFLA_IFNAME:
                link.name = mnl_attr_get_str(attribute);
                break;
            case IFLA_MTU:
                link.mtu = mnl_attr_get_u32(attribute);
                break;
            case IFLA_ADDRESS:
                if (mnl_attr_get_payload_len(attribute) == link.mac.size()) {
                    std::memcpy(link.mac.data(), mnl_attr_get_payload(attribute), link.mac.size());
                }
                break;
            default:
                break;
        }
    });
    return link;
}

std::optional<IpAddress> address_of(const nlmsghdr* message) {
    std::optional<IpAddress> address;
    for_each_attribute(message, sizeof(ifaddrmsg), [&address](const nlattr* attribute, unsigned type) {
        // IFA_LOCAL is the own address of a point-to-point link, where IFA_ADDRESS is the peer's.
        if (type == IFA_LOCAL || (type == IFA_ADDRESS && !address)) {
            address =
                IpAddress::from_octets({static_cast<const std::uint8_t*>(mnl_attr_get_payload(attribute)),
                                        mnl_attr_get_payload_len(attribute)});
        }
    });
    return address;
}

void read_address(const nlmsghdr* message, std::uint32_t ifindex, LinkAddresses& found, bool global_only) {
    const auto* info = static_cast<const ifaddrmsg*>(mnl_nlmsg_get_payload(message));
    if (info->ifa_index != ifindex || (global_only && info->ifa_scope != RT_SCOPE_UNIVERSE)) {
        return;
    }
    const auto address = address_of(message);
    if (!address) {
        return;
    }
    std::optional<IpAddress>& place = address->is_v4() ? found.v4 : found.v6;
    if (!place) {
        place = address;
    }
}

void put_veth_side(nlmsghdr* message, const std::string& name, const MacAddress& mac, std::uint32_t mtu) {
    mnl_attr_put_strz(message, IFLA_IFNAME, name.c_str());
    mnl_attr_put(message, IFLA_ADDRESS, mac.size(), mac.data());
    mnl_attr_put_u32(message, IFLA_MTU, mtu);
    mnl_attr_put_u32(message, IFLA_NUM_TX_QUEUES, 1);
    mnl_attr_put_u32(message, IFLA_NUM_RX_QUEUES, 1);
}

}  // namespace

std::expected<Netlink, std::string> Netlink::open() {
    mnl_socket* socket = mnl_socket_open(NETLINK_ROUTE);
    if (socket == nullptr || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) {
        const std::string reason = kernel_words(errno);
        if (socket != nullptr) {
            mnl_socket_close(socket);
        }
        return std::unexpected("cannot open a routing socket: " + reason);
    }
    return Netlink(socket);
}

Netlink::Netlink(Netlink&& other) noexcept : socket_(std::exchange(other.socket_, nullptr)) {}

Netlink& Netlink::operator=(Netlink&& other) noexcept {
    std::swap(socket_, other.socket_);
    return *this;
}

Netlink::~Netlink() {
    if (socket_ != nullptr) {
        mnl_socket_close(socket_);
    }
}

template <typename Visit>
std::expected<void, std::string> Netlink::talk(nlmsghdr* request, Visit visit) const {
    const bool dump = (request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
    request->nlmsg_flags = static_cast<std::uint16_t>(request->nlmsg_flags | (dump ? 0 : NLM_F_ACK));
    if (mnl_socket_sendto(socket_, request, request->nlmsg_len) < 0) {
        return std::unexpected(kernel_words(errno));
    }
    auto trampoline = [](const nlmsghdr* message, void* data) {
        (*static_cast<Visit*>(data))(message);
        return MNL_CB_OK;
    };
    std::vector<char> buffer(32768);
    for (int more = MNL_CB_OK; more > MNL_CB_STOP;) {
        const ssize_t octets = mnl_socket_recvfrom(socket_, buffer.data(), buffer.size());
        if (octets < 0) {
            return std::unexpected(kernel_words(errno));
        }
        more = mnl_cb_run(buffer.data(), static_cast<std::size_t>(octets), request->nlmsg_seq,
                          mnl_socket_get_portid(socket_), trampoline, &visit);
        if (more < 0) {
            return std::unexpected(kernel_words(errno));
        }
    }
    return {};
}

std::expected<void, std::string> Netlink::talk(nlmsghdr* request) const {
    return talk(request, [](const nlmsghdr*) {});
}

std::expected<Link, std::string> Netlink::link(const std::string& name) const {
    if (name.empty() || name.size() >= IFNAMSIZ) {
        return std::unexpected("not an interface name");
    }
    Request request(RTM_GETLINK);
    request.extra<ifinfomsg>()->ifi_family = AF_UNSPEC;
    mnl_attr_put_strz(request.header(), IFLA_IFNAME, name.c_str());
    Link link;
    const auto answer =
        talk(request.header(), [&link](const nlmsghdr* message) { link = read_link(message); });
    if (!answer) {
        return std::unexpected(answer.error());
    }
    return link;
}

std::expected<LinkAddresses, std::string> Netlink::addresses(std::uint32_t ifindex) const {
    LinkAddresses found;
    for (const bool global_only : {true, false}) {
        Request request(RTM_GETADDR, NLM_F_DUMP);
        request.extra<ifaddrmsg>()->ifa_family = AF_UNSPEC;
        const auto answer = talk(request.header(), [&](const nlmsghdr* message) {
            read_address(message, ifindex, found, global_only);
        });
        if (!answer) {
            return std::unexpected(answer.error());
        }
    }
    return found;
}

std::expected<std::uint32_t, std::string> Netlink::interface_with(const IpAddress& address) const {
    std::uint32_t found = 0;
    Request request(RTM_GETADDR, NLM_F_DUMP);
    request.extra<ifaddrmsg>()->ifa_family = AF_UNSPEC;
    const auto answer = talk(request.header(), [&](const nlmsghdr* message) {
        if (address_of(message) == address) {
            found = static_cast<const ifaddrmsg*>(mnl_nlmsg_get_payload(message))->ifa_index;
        }
    });
    if (!answer) {
        return std::unexpected(answer.error());
    }
    if (found == 0) {
        return std::unexpected("no interface has the address " + address.to_string());
    }
    return found;
}

std::expected<void, std::string> Netlink::create_veth(const VethPair& pair) const {
    Request request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
    auto* near = request.extra<ifinfomsg>();
    near->ifi_flags = IFF_NOARP;
    near->ifi_change = IFF_NOARP;
    nlmsghdr* message = request.header();
    put_veth_side(message, pair.near, pair.near_mac, pair.mtu);
    nlattr* info = mnl_attr_nest_start(message, IFLA_LINKINFO);
    mnl_attr_put_strz(message, IFLA_INFO_KIND, "veth");
    nlattr* data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
    nlattr* peer = mnl_attr_nest_start(message, VETH_INFO_PEER);
    auto* far = request.extra<ifinfomsg>();
    far->ifi_flags = IFF_NOARP;
    far->ifi_change = IFF_NOARP;
    put_veth_side(message, pair.far, pair.far_mac, pair.mtu);
    mnl_attr_nest_end(message, peer);
    mnl_attr_nest_end(message, data);
    mnl_attr_nest_end(message, info);
    return talk(message);
}

std::expected<void, std::string> Netlink::create_xfrm_interface(const std::string& name,
                                                                std::uint32_t if_id) const {
    Request request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
    request.extra<ifinfomsg>();
    nlmsghdr* message = request.header();
    mnl_attr_put_strz(message, IFLA_IFNAME, name.c_str());
    nlattr* info = mnl_attr_nest_start(message, IFLA_LINKINFO);
    mnl_attr_put_strz(message, IFLA_INFO_KIND, "xfrm");
    nlattr* data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
    mnl_attr_put_u32(message, IFLA_XFRM_IF_ID, if_id);
    mnl_attr_nest_end(message, data);
    mnl_attr_nest_end(message, info);
    return talk(message);
}

std::expected<void, std::string> Netlink::set_up(std::uint32_t ifindex) const {
    Request request(RTM_NEWLINK);
    auto* info = request.extra<ifinfomsg>();
    info->ifi_index = static_cast<int>(ifindex);
    info->ifi_flags = IFF_UP;
    info->ifi_change = IFF_UP;
    return talk(request.header());
}

std::expected<void, std::string> Netlink::add_address(std::uint32_t ifindex, const IpAddress& address) const {
    Request request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
    auto* info = request.extra<ifaddrmsg>();
    info->ifa_family = address.is_v4() ? AF_INET : AF_INET6;
    info->ifa_prefixlen = static_cast<std::uint8_t>(address.bits());
    info->ifa_scope = RT_SCOPE_LINK;
    info->ifa_index = ifindex;
    for (const std::uint16_t attribute : {IFA_LOCAL, IFA_ADDRESS}) {
        mnl_attr_put(request.header(), attribute, address.octets().size(), address.octets().data());
    }
    return talk(request.header());
}

std::expected<void, std::string> Netlink::delete_link(std::uint32_t ifindex) const {
    Request request(RTM_DELLINK);
    request.extra<ifinfomsg>()->ifi_index = static_cast<int>(ifindex);
    return talk(request.header());
}

std::expected<void, std::string> Netlink::resolve(std::uint32_t ifindex, const IpAddress& next_hop) const {
    Request request(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE);
    auto* neighbour = request.extra<ndmsg>();
    neighbour->ndm_family = next_hop.is_v4() ? AF_INET : AF_INET6;
    neighbour->ndm_ifindex = static_cast<int>(ifindex);
    neighbour->ndm_state = NUD_NONE;
    neighbour->ndm_flags = NTF_USE;
    mnl_attr_put(request.header(), NDA_DST, next_hop.octets().size(), next_hop.octets().data());
    return talk(request.header());
}

std::expected<bool, std::string> Netlink::clsact_in_use(std::uint32_t ifindex) const {
    bool used = false;
    for (const std::uint32_t parent :
         {TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS), TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS)}) {
        Request request(RTM_GETTFILTER, NLM_F_DUMP);
        auto* traffic = request.extra<tcmsg>();
        traffic->tcm_family = AF_UNSPEC;
        traffic->tcm_ifindex = static_cast<int>(ifindex);
        traffic->tcm_parent = parent;
        const auto answer = talk(request.header(), [&used](const nlmsghdr*) { used = true; });
        if (!answer) {
            return std::unexpected(answer.error());
        }
    }
    return used;
}

}  // namespace keyline::datapath
