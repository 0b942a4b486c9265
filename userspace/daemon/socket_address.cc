#include "daemon/socket_address.h"

#include <cstring>

namespace keyline::daemon {
namespace {

template <typename Raw>
IpAddress from_raw(const Raw& raw) {
    std::uint8_t octets[sizeof raw];
    std::memcpy(octets, &raw, sizeof raw);
    return IpAddress::from_octets(octets).value_or(IpAddress{});
}

}  // namespace

SocketAddress::SocketAddress(const Endpoint& endpoint) {
    const ByteView octets = endpoint.address.octets();
    if (endpoint.address.is_v4()) {
        auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
        v4.sin_family = AF_INET;
        v4.sin_port = htons(endpoint.port);
        std::memcpy(&v4.sin_addr, octets.data(), octets.size());
        length = sizeof v4;
    } else {
        auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(endpoint.port);
        std::memcpy(&v6.sin6_addr, octets.data(), octets.size());
        length = sizeof v6;
    }
}

std::optional<Endpoint> endpoint_from(const sockaddr_storage& storage) {
    if (storage.ss_family == AF_INET) {
        const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
        return Endpoint{address_from(v4.sin_addr), ntohs(v4.sin_port)};
    }
    if (storage.ss_family == AF_INET6) {
        const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
        return Endpoint{address_from(v6.sin6_addr), ntohs(v6.sin6_port)};
    }
    return std::nullopt;
}

IpAddress address_from(const in_addr& address) { return from_raw(address); }
IpAddress address_from(const in6_addr& address) { return from_raw(address); }

}  // namespace keyline::daemon
