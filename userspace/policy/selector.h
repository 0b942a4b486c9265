// Traffic selectors (RFC 4301 4.4.1.1): which packets a rule or a security association covers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/ip_address.h"

namespace keyline::policy {

// One packet's selector fields, seen from this host or gateway: `local` is the protected side. Ports in host
// order; both are zero where the protocol has none (for ICMP, local_port is type << 8 | code, remote_port
// zero).
struct PacketTuple {
    IpAddress local;
    IpAddress remote;
    std::uint8_t protocol = 0;
    std::uint16_t local_port = 0;
    std::uint16_t remote_port = 0;

    // "10.0.0.1:51000 -> 10.0.0.2:443 tcp", "10.0.0.1 -> 10.0.0.2 icmp type 8 code 0".
    std::string to_string() const;
    auto operator<=>(const PacketTuple&) const = default;
};

// Both prefixes are of one family. Protocol 0 means any protocol; a port of 0 means any port, and a port
// other than 0 stands only with TCP, UDP, SCTP or UDP-Lite.
struct Selector {
    Prefix local;
    Prefix remote;
    std::uint8_t protocol = 0;
    std::uint16_t local_port = 0;
    std::uint16_t remote_port = 0;

    // The one packet's selector: host prefixes, its protocol and ports.
    static Selector of(const PacketTuple& packet);

    Family family() const { return local.address.family(); }
    bool matches(const PacketTuple& packet) const;
    // True when every packet that `narrower` matches is matched by this one.
    bool contains(const Selector& narrower) const;
    // The same traffic seen from the other end.
    Selector reversed() const;
    // "10.0.0.0/8 -> 10.1.0.0/16 tcp remote-port 443": protocol and ports where they are not any.
    std::string to_string() const;

    auto operator<=>(const Selector&) const = default;
};

struct SelectorHash {
    std::size_t operator()(const Selector& selector) const noexcept;
};

}  // namespace keyline::policy
