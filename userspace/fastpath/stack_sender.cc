#include "fastpath/stack_sender.h"

#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

namespace keyline::fastpath {
namespace {

int open_raw(int family) {
    const int fd = ::socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW);
    // IPPROTO_RAW says by itself that an IPv4 header is included.
    const int on = 1;
    if (family == AF_INET6) (void)::setsockopt(fd, IPPROTO_IPV6, IPV6_HDRINCL, &on, sizeof on);
    return fd;
}

}  // namespace

StackSender::~StackSender() {
    for (const RawSocket& socket : {v4_, v6_}) {
        if (socket.fd >= 0) ::close(socket.fd);
    }
}

template <typename Address>
bool StackSender::send_by(RawSocket& socket, std::span<const std::uint8_t> packet, std::uint32_t mark,
                          const Address& to) {
    const auto* const address = reinterpret_cast<const sockaddr*>(&to);
    if (socket.fd < 0) socket.fd = open_raw(address->sa_family);
    if (socket.mark != mark) {
        if (::setsockopt(socket.fd, SOL_SOCKET, SO_MARK, &mark, sizeof mark) != 0) return false;
        socket.mark = mark;
    }
    return ::sendto(socket.fd, packet.data(), packet.size(), 0, address, sizeof to) >= 0;
}

bool StackSender::send(std::span<const std::uint8_t> packet, std::uint32_t mark) {
    if (packet.size() < sizeof(iphdr)) return false;
    if (packet[0] >> 4 == 4) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        std::memcpy(&to.sin_addr, &packet[offsetof(iphdr, daddr)], sizeof to.sin_addr);
        return send_by(v4_, packet, mark, to);
    }
    if (packet.size() < sizeof(ip6_hdr)) return false;
    sockaddr_in6 to{};
    to.sin6_family = AF_INET6;
    std::memcpy(&to.sin6_addr, &packet[offsetof(ip6_hdr, ip6_dst)], sizeof to.sin6_addr);
    return send_by(v6_, packet, mark, to);
}

}  // namespace keyline::fastpath
