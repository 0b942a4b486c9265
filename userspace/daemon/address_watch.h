// Watches this host's addresses and links through rtnetlink.
#pragma once

#include <asio.hpp>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>

#include "base/ip_address.h"

namespace keyline::daemon {

class AddressWatch {
  public:
    struct Callbacks {
        std::function<void(const IpAddress&)> address_gone;
        // The interface with this index has gone; nullopt: some may have, of which the kernel could not tell.
        std::function<void(std::optional<std::uint32_t>)> link_gone;
        // Some address or link has come, gone or changed; called once for a burst of changes.
        std::function<void()> changed;
    };

    AddressWatch(asio::io_context& loop, Callbacks callbacks);
    ~AddressWatch();

    // The error is one line.
    std::expected<void, std::string> start();
    void stop();

  private:
    void wait();
    void read();

    Callbacks callbacks_;
    asio::posix::stream_descriptor socket_;
};

}  // namespace keyline::daemon
