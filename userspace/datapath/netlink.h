// The little of rtnetlink that the datapath needs: links, their addresses, neighbours, and who else uses a
// clsact.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "base/ip_address.h"

struct mnl_socket;
struct nlmsghdr;

namespace keyline::datapath {

using MacAddress = std::array<std::uint8_t, 6>;

struct Link {
    std::uint32_t ifindex = 0;
    std::string name;
    std::uint32_t mtu = 0;  // IP octets
    MacAddress mac{};
    bool ethernet = false;
    bool up = false;
};

// Addresses of an interface to answer from: the first of global scope, else the first.
struct LinkAddresses {
    std::optional<IpAddress> v4;
    std::optional<IpAddress> v6;
};

struct VethPair {
    std::string near;
    std::string far;
    MacAddress near_mac{};
    MacAddress far_mac{};
    std::uint32_t mtu = 0;
};

// Talks about the network namespace of the thread that opened it. Errors are the kernel's words.
class Netlink {
  public:
    static std::expected<Netlink, std::string> open();
    Netlink(Netlink&& other) noexcept;
    Netlink& operator=(Netlink&& other) noexcept;
    ~Netlink();

    std::expected<Link, std::string> link(const std::string& name) const;
    std::expected<LinkAddresses, std::string> addresses(std::uint32_t ifindex) const;
    // The interface that has this address.
    std::expected<std::uint32_t, std::string> interface_with(const IpAddress& address) const;

    // One queue each, without ARP.
    std::expected<void, std::string> create_veth(const VethPair& pair) const;
    // An XFRM interface, which takes what is sent through it to the SAs with this interface id.
    std::expected<void, std::string> create_xfrm_interface(const std::string& name,
                                                           std::uint32_t if_id) const;
    std::expected<void, std::string> set_up(std::uint32_t ifindex) const;
    // A host address of link scope; without effect when it is there.
    std::expected<void, std::string> add_address(std::uint32_t ifindex, const IpAddress& address) const;
    std::expected<void, std::string> delete_link(std::uint32_t ifindex) const;

    // Starts address resolution for a next hop.
    std::expected<void, std::string> resolve(std::uint32_t ifindex, const IpAddress& next_hop) const;

    // True when any filter hangs on the clsact qdisc of the interface.
    std::expected<bool, std::string> clsact_in_use(std::uint32_t ifindex) const;

  private:
    explicit Netlink(mnl_socket* socket) : socket_(socket) {}
    template <typename Visit>
    std::expected<void, std::string> talk(nlmsghdr* request, Visit visit) const;
    std::expected<void, std::string> talk(nlmsghdr* request) const;

    mnl_socket* socket_ = nullptr;
};

}  // namespace keyline::datapath
