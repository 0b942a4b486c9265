// One bound UDP socket for IKE: tells which local address a datagram was sent to, and sends from the one it
// is told.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string>

#include "base/ip_address.h"
#include "daemon/file_descriptor.h"

namespace keyline::daemon {

struct ReceivedDatagram {
    Endpoint local;
    Endpoint remote;
    Bytes data;
};

class UdpSocket {
  public:
    // Binds without blocking. `at.address` may be the any address of its family; port 0 asks for a free one.
    // The error is one line that names the endpoint and the remedy.
    static std::expected<UdpSocket, std::string> bind(const Endpoint& at);

    int fd() const { return fd_.get(); }
    // Where it is bound, with the port that the kernel chose.
    const Endpoint& local() const { return local_; }

    // From now on an ICMP error that a datagram of ours meets makes `receive` return its errno.
    void report_icmp_errors();

    // The next datagram, or an errno: EAGAIN when there is none.
    std::expected<ReceivedDatagram, int> receive();

    // `from` is one of this host's addresses, or any. Returns an errno, or 0.
    int send(const IpAddress& from, const Endpoint& to, ByteView data);

  private:
    UdpSocket(FileDescriptor fd, Endpoint local) : fd_(std::move(fd)), local_(local) {}

    FileDescriptor fd_;
    Endpoint local_;
};

// The ports of an instance: RFC 3948 2.2 puts four zero octets in front of IKE on the second one.
struct IkePorts {
    std::uint16_t ike = 500;
    std::uint16_t nat_traversal = 4500;

    // Whether a message between these ports carries the non-ESP marker.
    bool marked(std::uint16_t local, std::uint16_t remote) const {
        return local != ike && (local == nat_traversal || remote == nat_traversal);
    }
};

inline constexpr std::size_t kNonEspMarkerOctets = 4;
inline constexpr std::array<std::uint8_t, 1> kKeepaliveDatagram{0xff};  // RFC 3948 2.3

enum class Frame { kIke, kKeepalive, kEsp };

// What a datagram on a marked port is (RFC 3948 2.1-2.3).
Frame classify_marked(ByteView datagram);

}  // namespace keyline::daemon
