#include "daemon/route.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "daemon/file_descriptor.h"
#include "daemon/socket_address.h"

namespace keyline::daemon {

std::expected<IpAddress, std::string> source_address(const IpAddress& destination) {
    // Connecting a UDP socket chooses a route and a source address. The port does not matter.
    const SocketAddress address({destination, 500});
    const FileDescriptor socket(
        ::socket(destination.is_v4() ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_storage source{};
    socklen_t length = sizeof source;
    if (!socket || connect(socket.get(), address.get(), address.length) != 0 ||
        getsockname(socket.get(), reinterpret_cast<sockaddr*>(&source), &length) != 0) {
        return std::unexpected(fmt::format("no way to {}: {}; check addresses and routes",
                                           destination.to_string(), std::strerror(errno)));
    }
    return endpoint_from(source)->address;
}

}  // namespace keyline::daemon
