#include "daemon/udp_socket.h"

#include <fmt/format.h>
#include <netinet/udp.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "daemon/kernel_policy.h"
#include "daemon/socket_address.h"

namespace keyline::daemon {
namespace {

// The largest UDP payload is 65507 octets (IPv4) or 65527 (IPv6).
constexpr std::size_t kMaxDatagramOctets = 65536;

int level_of(Family family) { return family == Family::kIpv4 ? IPPROTO_IP : IPPROTO_IPV6; }

int enable(int fd, int level, int option) {
    const int on = 1;
    return setsockopt(fd, level, option, &on, sizeof on);
}

std::string bind_remedy(int error, const Endpoint& at) {
    switch (error) {
        case EADDRINUSE:
            return fmt::format(
                "the port is taken; stop the other IKE daemon (`ss -ulpn 'sport = :{}'` names it)", at.port);
        case EACCES:
            return "no right to bind a port below 1024; run as root or grant CAP_NET_BIND_SERVICE";
        case EADDRNOTAVAIL:
            return "this host has no such address; correct `listen` in the configuration";
        case EAFNOSUPPORT:
            return "this kernel does not speak this address family; leave it out of `listen`";
        default:
            return std::strerror(error);
    }
}

// The destination of a datagram, from IP_PKTINFO or IPV6_PKTINFO.
std::optional<IpAddress> destination_of(msghdr& message) {
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
            in_pktinfo info;
            std::memcpy(&info, CMSG_DATA(header), sizeof info);
            return address_from(info.ipi_addr);
        }
        if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
            in6_pktinfo info;
            std::memcpy(&info, CMSG_DATA(header), sizeof info);
            return address_from(info.ipi6_addr);
        }
    }
    return std::nullopt;
}

template <typename Info>
void attach_source(msghdr& message, int level, int type, const Info& info) {
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = level;
    header->cmsg_type = type;
    header->cmsg_len = CMSG_LEN(sizeof info);
    std::memcpy(CMSG_DATA(header), &info, sizeof info);
    message.msg_controllen = CMSG_SPACE(sizeof info);
}

}  // namespace

std::expected<UdpSocket, std::string> UdpSocket::bind(const Endpoint& at) {
    const Family family = at.address.family();
    FileDescriptor fd(socket(family == Family::kIpv4 ? AF_INET : AF_INET6,
                             SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP));
    const auto failed = [&](int error) {
        return std::unexpected(
            fmt::format("cannot listen on {}: {}", at.to_string(), bind_remedy(error, at)));
    };
    if (!fd) return failed(errno);
    const int info_option = family == Family::kIpv4 ? IP_PKTINFO : IPV6_RECVPKTINFO;
    if (family == Family::kIpv6 && enable(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY) != 0) return failed(errno);
    if (enable(fd.get(), level_of(family), info_option) != 0) return failed(errno);
    exempt_from_kernel_policy(fd.get(), family);
    const SocketAddress address(at);
    if (::bind(fd.get(), address.get(), address.length) != 0) return failed(errno);

    sockaddr_storage bound{};
    socklen_t length = sizeof bound;
    if (getsockname(fd.get(), reinterpret_cast<sockaddr*>(&bound), &length) != 0) return failed(errno);
    return UdpSocket(std::move(fd), endpoint_from(bound).value_or(at));
}

void UdpSocket::leave_esp_to_kernel() {
    const int type = UDP_ENCAP_ESPINUDP;
    // A kernel without it has no SAs to open anything with.
    (void)setsockopt(fd_.get(), IPPROTO_UDP, UDP_ENCAP, &type, sizeof type);
}

void UdpSocket::report_icmp_errors() {
    const bool v4 = local_.address.is_v4();
    (void)enable(fd_.get(), level_of(local_.address.family()), v4 ? IP_RECVERR : IPV6_RECVERR);
}

std::expected<ReceivedDatagram, int> UdpSocket::receive() {
    ReceivedDatagram datagram;
    datagram.data.resize(kMaxDatagramOctets);
    iovec part{datagram.data.data(), datagram.data.size()};
    sockaddr_storage source{};
    alignas(cmsghdr) std::array<std::uint8_t, 256> control{};
    msghdr message{};
    message.msg_name = &source;
    message.msg_namelen = sizeof source;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();

    const ssize_t octets = recvmsg(fd_.get(), &message, 0);
    if (octets < 0) {
        const int error = errno;
        if (error != EAGAIN) (void)recvmsg(fd_.get(), &message, MSG_ERRQUEUE);
        return std::unexpected(error);
    }
    datagram.data.resize(static_cast<std::size_t>(octets));
    datagram.data.shrink_to_fit();
    datagram.remote = endpoint_from(source).value_or(Endpoint{});
    datagram.local = {destination_of(message).value_or(local_.address), local_.port};
    return datagram;
}

int UdpSocket::send(const IpAddress& from, const Endpoint& to, ByteView data) {
    SocketAddress destination(to);
    iovec part{const_cast<std::uint8_t*>(data.data()), data.size()};  // sendmsg does not write to it
    alignas(cmsghdr) std::array<std::uint8_t, 256> control{};
    msghdr message{};
    message.msg_name = &destination.storage;
    message.msg_namelen = destination.length;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (!from.is_any()) {
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        const ByteView octets = from.octets();
        if (from.is_v4()) {
            in_pktinfo info{};
            std::memcpy(&info.ipi_spec_dst, octets.data(), octets.size());
            attach_source(message, IPPROTO_IP, IP_PKTINFO, info);
        } else {
            in6_pktinfo info{};
            std::memcpy(&info.ipi6_addr, octets.data(), octets.size());
            attach_source(message, IPPROTO_IPV6, IPV6_PKTINFO, info);
        }
    }
    return sendmsg(fd_.get(), &message, 0) < 0 ? errno : 0;
}

}  // namespace keyline::daemon
