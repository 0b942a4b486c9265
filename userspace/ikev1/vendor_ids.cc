#include "ikev1/vendor_ids.h"

#include <algorithm>

#include "wire/parse.h"
#include "wire/vendor_ids.h"

namespace keyline::ikev1 {
namespace {

constexpr std::uint32_t kWindows8AndLater = 9;

wire::Payload payload_of(const wire::vendor::Md5& id) {
    return {wire::VendorId{Bytes(id.begin(), id.end())}};
}

bool has(const std::vector<wire::Payload>& payloads, const wire::vendor::Md5& id) {
    return std::ranges::any_of(wire::find_all<wire::VendorId>(payloads), [&](const wire::VendorId* found) {
        return std::ranges::equal(found->data, id);
    });
}

}  // namespace

std::vector<wire::Payload> vendor_ids(const Session& session) {
    std::vector<wire::Payload> ids{{wire::VendorId{wire::vendor::ms_nt5_isakmpoakley(kWindows8AndLater)}},
                                   payload_of(wire::vendor::kRfc3947),
                                   payload_of(wire::vendor::kNatTraversalDraft),
                                   payload_of(wire::vendor::kFragmentation),
                                   payload_of(wire::vendor::kDeadPeerDetection)};
    if (session.speaks_authip) ids.push_back(payload_of(wire::vendor::kAuthipSupported));
    return ids;
}

void note_vendor_ids(Session& session, const std::vector<wire::Payload>& payloads) {
    session.nat_traversal = has(payloads, wire::vendor::kRfc3947)             ? NatTraversal::kRfc3947
                            : has(payloads, wire::vendor::kNatTraversalDraft) ? NatTraversal::kDraft
                                                                              : NatTraversal::kNone;
    session.peer_announced.fragmentation = has(payloads, wire::vendor::kFragmentation);
    session.peer_knows_dpd = has(payloads, wire::vendor::kDeadPeerDetection);
    session.peer_acknowledges_deletes =
        std::ranges::any_of(wire::find_all<wire::VendorId>(payloads), [](const wire::VendorId* id) {
            return wire::vendor::ms_nt5_isakmpoakley_version(id->data).has_value();
        });
}

bool announces_authip(ByteView datagram, const wire::Header& header) {
    if (header.encrypted()) return false;
    const auto payloads = wire::parse_payloads(datagram.subspan(wire::kHeaderSize), header.next_payload,
                                               wire::Dialect::kIkev1, wire::kHeaderSize);
    return payloads && has(*payloads, wire::vendor::kAuthipSupported);
}

}  // namespace keyline::ikev1
