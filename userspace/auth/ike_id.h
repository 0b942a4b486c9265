// Who somebody says to be in IKEv1: the ID payload without its protocol and port (RFC 2407 4.6.2).
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/ip_address.h"

namespace keyline::auth {

// The numbers are those on the wire.
enum class IkeIdType : std::uint8_t {
    kIpv4Address = 1,
    kFqdn = 2,
    kUserFqdn = 3,
    kIpv6Address = 5,
    kDerAsn1Dn = 9,
};

struct IkeId {
    IkeIdType type{};  // any value
    Bytes data;

    static IkeId of(const IpAddress& address);
};

// "192.0.2.1", "host.example.com", "CN=b,O=Example"; what is no text is in hexadecimal. Printable.
std::string to_string(const IkeId& id);

}  // namespace keyline::auth
