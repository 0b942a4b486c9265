// Endpoints as the socket calls want them.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <optional>

#include "base/ip_address.h"

namespace keyline::daemon {

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t length = 0;

    explicit SocketAddress(const Endpoint& endpoint);
    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

// nullopt for any family other than IPv4 and IPv6.
std::optional<Endpoint> endpoint_from(const sockaddr_storage& storage);

IpAddress address_from(const in_addr& address);
IpAddress address_from(const in6_addr& address);

}  // namespace keyline::daemon
