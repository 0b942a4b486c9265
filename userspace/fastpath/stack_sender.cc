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

template <typename Address>
bool send_to(int fd, std::span<const std::uint8_t> packet, const Address& to) {
    return ::sendto(fd, packet.data(), packet.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to) >=
           0;
}

}  // namespace

StackSender::~StackSender() {
    for (const int fd : {v4_, v6_}) {
        if (fd >= 0) ::close(fd);
    }
}

bool StackSender::send(std::span<const std::uint8_t> packet) {
    if (packet.size() < sizeof(iphdr)) return false;
    if (packet[0] >> 4 == 4) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        std::memcpy(&to.sin_addr, &packet[offsetof(iphdr, daddr)], sizeof to.sin_addr);
        if (v4_ < 0) v4_ = open_raw(AF_INET);
        return send_to(v4_, packet, to);
    }
    if (packet.size() < sizeof(ip6_hdr)) return false;
    sockaddr_in6 to{};
    to.sin6_family = AF_INET6;
    std::memcpy(&to.sin6_addr, &packet[offsetof(ip6_hdr, ip6_dst)], sizeof to.sin6_addr);
    if (v6_ < 0) v6_ = open_raw(AF_INET6);
    return send_to(v6_, packet, to);
}

}  // namespace keyline::fastpath
