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

    // False when the packet is malformed, or the stack refuses it. Its policies see the mark.
    bool send(std::span<const std::uint8_t> packet, std::uint32_t mark);

  private:
    // Opened by the first packet of its family.
    struct RawSocket {
        int fd = -1;  // -1: not yet
        std::uint32_t mark = 0;
    };
    template <typename Address>
    static bool send_by(RawSocket& socket, std::span<const std::uint8_t> packet, std::uint32_t mark,
                        const Address& to);

    RawSocket v4_, v6_;
};

}  // namespace keyline::fastpath
