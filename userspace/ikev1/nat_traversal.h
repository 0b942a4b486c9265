// NAT discovery (RFC 3947 3.2), with the negotiated hash and for both families.
#pragma once

#include <span>
#include <vector>

#include "base/ip_address.h"
#include "ikev1/keys.h"
#include "wire/message.h"

namespace keyline::ikev1 {

// The two NAT-D payloads of messages 3 and 4, the remote address first.
std::vector<wire::Payload> nat_discovery(const KeyContext& context, const Endpoint& local,
                                         const Endpoint& remote);

struct NatFound {
    bool local = false;   // this host is behind a NAT
    bool remote = false;  // the peer is
};

// Checks the peer's NAT-D payloads against the addresses its message came with. Nothing found when there are
// fewer than two.
NatFound detect_nat(const KeyContext& context, std::span<const wire::Payload> payloads, const Endpoint& local,
                    const Endpoint& remote);

}  // namespace keyline::ikev1
