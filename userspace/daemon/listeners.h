// The UDP sockets of an instance: IKE on its port, IKE behind the non-ESP marker on the NAT traversal port.
#pragma once

#include <asio.hpp>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/udp_framing.h"
#include "daemon/udp_socket.h"
#include "exchange/action.h"
#include "exchange/event.h"

namespace keyline::daemon {

class Listeners {
  public:
    using OnDatagram = std::function<void(exchange::DatagramReceived)>;

    explicit Listeners(asio::io_context& loop, OnDatagram on_datagram);
    ~Listeners();

    // Listens on both ports of these addresses (none: every address of both families). Called once. The error
    // is one line.
    std::expected<void, std::string> open(const std::vector<IpAddress>& addresses, IkePorts ports);
    void close();

    // Sends from the socket that owns `local`, with the non-ESP marker where it belongs. The error is one
    // line.
    std::expected<void, std::string> send(const exchange::Send& message);
    std::expected<void, std::string> send(const exchange::SendKeepalive& keepalive);

    // Where it listens, in the order of opening.
    std::vector<Endpoint> endpoints() const;
    // ESP that came in UDP and keep-alives (RFC 3948): not for the keyer.
    std::uint64_t ignored() const { return ignored_; }

  private:
    struct Listener;
    void wait(const std::shared_ptr<Listener>& listener);
    void receive_burst(Listener& listener);
    void deliver(ReceivedDatagram datagram);
    std::expected<void, std::string> send(const Endpoint& local, const Endpoint& remote, ByteView octets);

    asio::io_context& loop_;
    OnDatagram on_datagram_;
    IkePorts ports_;
    std::vector<std::shared_ptr<Listener>> listeners_;
    std::uint64_t ignored_ = 0;
};

}  // namespace keyline::daemon
