// One bound UDP socket for IKE: tells which local address a datagram was sent to, and sends from the one it
// is told.
#pragma once

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

    // UDP-encapsulated ESP (RFC 3948) that comes to this socket is the kernel's, which opens what it has SAs
    // for.
    void leave_esp_to_kernel();
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

}  // namespace keyline::daemon
