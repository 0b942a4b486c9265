#include "ikev1/nat_traversal.h"

#include <algorithm>

namespace keyline::ikev1 {
namespace {

Bytes natd_hash(const KeyContext& context, const Endpoint& endpoint) {
    Bytes port;
    append_be16(port, endpoint.port);
    return crypto::hash(
        context.hash, {context.initiator_cookie, context.responder_cookie, endpoint.address.octets(), port});
}

}  // namespace

std::vector<wire::Payload> nat_discovery(const KeyContext& context, const Endpoint& local,
                                         const Endpoint& remote) {
    return {wire::Payload{wire::NatDiscovery{natd_hash(context, remote)}},
            wire::Payload{wire::NatDiscovery{natd_hash(context, local)}}};
}

NatFound detect_nat(const KeyContext& context, std::span<const wire::Payload> payloads, const Endpoint& local,
                    const Endpoint& remote) {
    const std::vector<const wire::NatDiscovery*> found = wire::find_all<wire::NatDiscovery>(payloads);
    if (found.size() < 2) return {};
    // The first names this host as the peer sees it; the others are all the addresses the peer may send from.
    const Bytes from = natd_hash(context, remote);
    return {.local = found.front()->hash != natd_hash(context, local),
            .remote = std::none_of(found.begin() + 1, found.end(),
                                   [&](const wire::NatDiscovery* natd) { return natd->hash == from; })};
}

}  // namespace keyline::ikev1
