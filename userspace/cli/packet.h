// From a captured frame to a UDP datagram: link layers, VLAN tags, IPv4 and IPv6 with extension headers,
// fragments.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/ip_address.h"

namespace keyline::cli {

// The IP packet in a frame of libpcap's link type `link` (DLT_*); nullopt when it holds none or the type is
// unknown.
std::optional<ByteView> ip_packet(int link, ByteView frame);
bool knows_link_type(int link);

// An IP packet's payload, or a fragment of one.
struct IpPayload {
    IpAddress source;
    IpAddress destination;
    std::uint8_t protocol = 0;
    ByteView octets;
    bool cut_short = false;  // the headers promise more octets than are there
    std::uint32_t identification = 0;
    std::size_t offset = 0;  // of a fragment
    bool more_fragments = false;
    bool is_fragment() const { return offset != 0 || more_fragments; }
};
std::optional<IpPayload> ip_payload(ByteView packet);

struct UdpDatagram {
    Endpoint source;
    Endpoint destination;
    Bytes data;
    bool cut_short = false;
};
std::optional<UdpDatagram> udp_datagram(const IpPayload& payload);

// Puts fragments together. Holds a bounded number of unfinished packets; the oldest gives way.
class Reassembly {
  public:
    // The whole payload when `fragment` is the last one missing. Its octets are valid until the next call.
    std::optional<IpPayload> add(const IpPayload& fragment);
    std::size_t unfinished() const { return pieces_.size() + forgotten_; }

  private:
    struct Key {
        IpAddress source;
        IpAddress destination;
        std::uint32_t identification;
        std::uint8_t protocol;
        auto operator<=>(const Key&) const = default;
    };
    struct Pieces {
        std::map<std::size_t, Bytes> by_offset;
        std::size_t octets = 0;
        std::optional<std::size_t> total;
        std::uint64_t age = 0;
    };

    std::map<Key, Pieces> pieces_;
    Bytes whole_;
    std::uint64_t clock_ = 0;
    std::size_t forgotten_ = 0;
};

}  // namespace keyline::cli
