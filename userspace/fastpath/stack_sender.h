// Sends whole IP packets by raw sockets: the stack routes them, and its IPsec looks at them.
#pragma once

#include <cstdint>
#include <span>

namespace keyline::fastpath {

class StackSender {
  public:
    StackSender() = default;
    StackSender(const StackSender&) = delete;
    StackSender& operator=(const StackSender&) = delete;
    ~StackSender();

    // False when the packet is malformed, or the stack refuses it.
    bool send(std::span<const std::uint8_t> packet);

  private:
    // Opened by the first packet of its family; -1: not yet.
    int v4_ = -1;
    int v6_ = -1;
};

}  // namespace keyline::fastpath
