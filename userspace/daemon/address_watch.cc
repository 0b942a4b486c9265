#include "daemon/address_watch.h"

#include <fmt/format.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "daemon/file_descriptor.h"

namespace keyline::daemon {
namespace {

// The address that an RTM_DELADDR names: IFA_LOCAL where there is one (IPv4, point to point), else
// IFA_ADDRESS.
std::optional<IpAddress> address_of(const nlmsghdr& message) {
    std::optional<IpAddress> found;
    for (const nlattr* attribute =
             static_cast<const nlattr*>(mnl_nlmsg_get_payload_offset(&message, sizeof(ifaddrmsg)));
         mnl_attr_ok(attribute, static_cast<const char*>(mnl_nlmsg_get_payload_tail(&message)) -
                                    reinterpret_cast<const char*>(attribute));
         attribute = mnl_attr_next(attribute)) {
        const std::uint16_t type = mnl_attr_get_type(attribute);
        if (type != IFA_LOCAL && !(type == IFA_ADDRESS && !found)) continue;
        const auto* const octets = static_cast<const std::uint8_t*>(mnl_attr_get_payload(attribute));
        found = IpAddress::from_octets({octets, mnl_attr_get_payload_len(attribute)});
    }
    return found;
}

// The interface that an RTM_DELLINK names; nullopt when it has left a bridge and is still there.
std::optional<std::uint32_t> link_of(const nlmsghdr& message) {
    const auto* const info = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(&message));
    if (info->ifi_family != AF_UNSPEC) return std::nullopt;
    return static_cast<std::uint32_t>(info->ifi_index);
}

}  // namespace

AddressWatch::AddressWatch(asio::io_context& loop, Callbacks callbacks)
    : callbacks_(std::move(callbacks)), socket_(loop) {}

AddressWatch::~AddressWatch() { stop(); }

std::expected<void, std::string> AddressWatch::start() {
    FileDescriptor socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
    if (!socket || bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return std::unexpected(fmt::format("cannot watch addresses (rtnetlink): {}", std::strerror(errno)));
    }
    socket_.assign(socket.release());
    wait();
    return {};
}

void AddressWatch::stop() {
    std::error_code ignored;
    socket_.close(ignored);
}

void AddressWatch::wait() {
    socket_.async_wait(asio::posix::stream_descriptor::wait_read, [this](const std::error_code& error) {
        if (error) return;
        read();
        wait();
    });
}

void AddressWatch::read() {
    alignas(nlmsghdr) std::array<char, 32768> buffer;
    bool any = false;
    for (;;) {
        const ssize_t octets = recv(socket_.native_handle(), buffer.data(), buffer.size(), 0);
        if (octets < 0 && errno == ENOBUFS) {  // changes were lost: what is there now is read anew
            any = true;
            callbacks_.link_gone(std::nullopt);
            continue;
        }
        if (octets <= 0) break;
        any = true;
        int left = static_cast<int>(octets);
        for (const auto* message = reinterpret_cast<const nlmsghdr*>(buffer.data());
             mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
            if (message->nlmsg_type == RTM_DELLINK) {
                if (const auto link = link_of(*message)) callbacks_.link_gone(link);
            } else if (message->nlmsg_type == RTM_DELADDR) {
                if (const auto address = address_of(*message)) callbacks_.address_gone(*address);
            }
        }
    }
    if (any) callbacks_.changed();
}

}  // namespace keyline::daemon
