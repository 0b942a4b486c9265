// NAT discovery (RFC 3947 3.2; interpretation item 13, M11).
#pragma once

#include <span>
#include <vector>

#include "base/ip_address.h"
#include "wire/message.h"

namespace keyline::authip {

// The two NATD payloads of #1 or #2, remote address first; none for IPv6. The responder's cookie is left out
// of the input of #1 (`responder_cookie` null), not taken as zeros.
std::vector<wire::Payload> nat_discovery(const wire::Cookie& initiator_cookie,
                                         const wire::Cookie* responder_cookie, const Endpoint& local,
                                         const Endpoint& remote);

struct NatFound {
    bool local = false;   // this host is behind a NAT
    bool remote = false;  // the peer is
};

// Checks the peer's NATD payloads against the addresses its message came with, each with the hash whose
// length it has. Nothing found when there are fewer than two or the addresses are IPv6. In #1
// (`responder_cookie` null) the form with eight zero octets in the responder cookie's place is accepted too.
NatFound detect_nat(std::span<const wire::Payload> payloads, const wire::Cookie& initiator_cookie,
                    const wire::Cookie* responder_cookie, const Endpoint& local, const Endpoint& remote);

}  // namespace keyline::authip
