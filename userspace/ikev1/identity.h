// The ID payloads of main mode (RFC 2407 4.6.2).
#pragma once

#include <string>

#include "base/ip_address.h"
#include "wire/payloads.h"

namespace keyline::ikev1 {

// This host's address as an ID.
wire::Identification own_id(const IpAddress& address);
// "192.0.2.1", "host.example.com"; what is no text is in hexadecimal.
std::string id_text(const wire::Identification& id);

}  // namespace keyline::ikev1
