#include "ikev1/nat_traversal.h"

#include <algorithm>

#include "wire/attributes.h"

namespace keyline::ikev1 {
namespace {

Bytes natd_hash(const KeyContext& context, const Endpoint& endpoint) {
    Bytes port;
    append_be16(port, endpoint.port);
    return crypto::hash(
        context.hash, {context.initiator_cookie, context.responder_cookie, endpoint.address.octets(), port});
}

// The draft's numbers are above the registered ones (MS-IKEE 2.2.2).
struct Encapsulation {
    std::uint16_t registered;
    std::uint16_t draft;
};
constexpr Encapsulation kEncapsulations[] = {{wire::encapsulation::kUdpTunnel, 61443},
                                             {wire::encapsulation::kUdpTransport, 61444}};

void replace(wire::SecurityAssociation& sa, std::uint16_t Encapsulation::*from,
             std::uint16_t Encapsulation::*to) {
    const auto translate = [&](wire::Attribute& attribute) {
        if (attribute.type != wire::ipsec_attribute::kEncapsulationMode) return;
        for (const Encapsulation& mode : kEncapsulations) {
            if (attribute.number() != mode.*from) continue;
            attribute = wire::number_attribute(attribute.type, mode.*to);
            return;
        }
    };
    for (wire::Proposal& proposal : sa.proposals) {
        for (wire::Transform& transform : proposal.transforms)
            std::ranges::for_each(transform.attributes, translate);
    }
}

}  // namespace

std::vector<wire::Payload> nat_discovery(const Session& session) {
    if (session.nat_traversal == NatTraversal::kNone) return {};
    const bool draft = session.nat_traversal == NatTraversal::kDraft;
    const KeyContext context = session.key_context();
    return {wire::Payload{wire::NatDiscovery{natd_hash(context, session.name.remote), draft}},
            wire::Payload{wire::NatDiscovery{natd_hash(context, session.name.local), draft}}};
}

wire::SecurityAssociation to_revision(const Session& session, wire::SecurityAssociation sa) {
    if (session.nat_traversal == NatTraversal::kDraft)
        replace(sa, &Encapsulation::registered, &Encapsulation::draft);
    return sa;
}

wire::SecurityAssociation from_revision(const Session& session, wire::SecurityAssociation sa) {
    if (session.nat_traversal == NatTraversal::kDraft)
        replace(sa, &Encapsulation::draft, &Encapsulation::registered);
    return sa;
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
