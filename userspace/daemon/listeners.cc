#include "daemon/listeners.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace keyline::daemon {
namespace {

// Datagrams taken from one socket before the others and the timers have their turn.
constexpr int kBurst = 64;

bool speaks_ipv6() { return !!FileDescriptor(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)); }

std::vector<IpAddress> every_address() {
    std::vector<IpAddress> addresses{IpAddress::any(Family::kIpv4)};
    if (speaks_ipv6()) addresses.push_back(IpAddress::any(Family::kIpv6));
    return addresses;
}

}  // namespace

struct Listeners::Listener {
    UdpSocket socket;
    asio::posix::stream_descriptor readable;

    Listener(asio::io_context& loop, UdpSocket bound)
        : socket(std::move(bound)), readable(loop, socket.fd()) {}
    // The socket closes the descriptor, not asio.
    ~Listener() { readable.release(); }
};

Listeners::Listeners(asio::io_context& loop, OnDatagram on_datagram)
    : loop_(loop), on_datagram_(std::move(on_datagram)) {}

Listeners::~Listeners() { close(); }

std::expected<void, std::string> Listeners::open(const std::vector<IpAddress>& addresses, IkePorts ports) {
    ports_ = ports;
    for (const IpAddress& address : addresses.empty() ? every_address() : addresses) {
        for (const std::uint16_t port : {ports.ike, ports.nat_traversal}) {
            auto socket = UdpSocket::bind({address, port});
            if (!socket) return std::unexpected(socket.error());
            if (port == ports.nat_traversal && address.is_v4()) socket->leave_esp_to_kernel();
            listeners_.push_back(std::make_shared<Listener>(loop_, std::move(*socket)));
            wait(listeners_.back());
        }
    }
    return {};
}

void Listeners::close() {
    for (const auto& listener : listeners_)
        listener->readable.cancel();
    listeners_.clear();
}

void Listeners::wait(const std::shared_ptr<Listener>& listener) {
    listener->readable.async_wait(asio::posix::stream_descriptor::wait_read,
                                  [this, listener](const std::error_code& error) {
                                      if (error) return;
                                      receive_burst(*listener);
                                      wait(listener);
                                  });
}

void Listeners::receive_burst(Listener& listener) {
    for (int i = 0; i < kBurst; ++i) {
        auto datagram = listener.socket.receive();
        if (!datagram) return;
        deliver(std::move(*datagram));
    }
}

void Listeners::deliver(ReceivedDatagram datagram) {
    if (ports_.marked(datagram.local.port, datagram.remote.port)) {
        if (classify_marked(datagram.data) != Frame::kIke) {
            ++ignored_;
            return;
        }
        datagram.data.erase(datagram.data.begin(), datagram.data.begin() + kNonEspMarkerOctets);
    }
    on_datagram_({datagram.local, datagram.remote, std::move(datagram.data)});
}

std::expected<void, std::string> Listeners::send(const exchange::Send& message) {
    if (!ports_.marked(message.local.port, message.remote.port)) {
        return send(message.local, message.remote, message.data);
    }
    Bytes framed(kNonEspMarkerOctets, 0);
    append(framed, message.data);
    return send(message.local, message.remote, framed);
}

std::expected<void, std::string> Listeners::send(const exchange::SendKeepalive& keepalive) {
    return send(keepalive.local, keepalive.remote, kKeepaliveDatagram);
}

std::expected<void, std::string> Listeners::send(const Endpoint& local, const Endpoint& remote,
                                                 ByteView octets) {
    const Endpoint any{IpAddress::any(local.address.family()), local.port};
    const auto listener = std::ranges::find_if(listeners_, [&](const auto& candidate) {
        return candidate->socket.local() == local || candidate->socket.local() == any;
    });
    if (listener == listeners_.end()) {
        return std::unexpected(
            fmt::format("cannot send from {}: not listening there; see host.listen in the configuration",
                        local.to_string()));
    }
    const int error = (*listener)->socket.send(local.address, remote, octets);
    if (error == 0) return {};
    return std::unexpected(fmt::format("cannot send from {} to {}: {}", local.to_string(), remote.to_string(),
                                       std::strerror(error)));
}

std::vector<Endpoint> Listeners::endpoints() const {
    std::vector<Endpoint> endpoints;
    for (const auto& listener : listeners_)
        endpoints.push_back(listener->socket.local());
    return endpoints;
}

}  // namespace keyline::daemon
