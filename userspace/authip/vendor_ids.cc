#include "authip/vendor_ids.h"

#include <algorithm>

#include "wire/vendor_ids.h"

namespace keyline::authip {

using exchange::Announced;

namespace {

constexpr std::uint32_t kWindows8AndLater = 9;

wire::Payload vendor_id(const wire::vendor::Md5& octets) {
    return {wire::VendorId{Bytes(octets.begin(), octets.end())}};
}

bool wants_short_icv(const wire::VendorId& id) {
    const auto version = wire::vendor::ms_nt5_isakmpoakley_version(id.data);
    return version && *version >= 5 && *version <= 7;
}

}  // namespace

Announced to_announce(const exchange::Host& host, const exchange::MmSa& sa) {
    return {.initial_contact = !host.has_sa_with(sa.name.remote.address),
            .cluster = host.lookup().policy().keying.cluster};
}

std::vector<wire::Payload> vendor_ids(const Announced& own) {
    std::vector<wire::Payload> ids{{wire::VendorId{wire::vendor::ms_nt5_isakmpoakley(kWindows8AndLater)}},
                                   vendor_id(wire::vendor::kRfc3947),
                                   vendor_id(wire::vendor::kFragmentation),
                                   vendor_id(wire::vendor::kNegotiationDiscovery)};
    if (own.initial_contact) ids.push_back(vendor_id(wire::vendor::kInitialContact));
    if (own.cluster) ids.push_back(vendor_id(wire::vendor::kNlbsPresent));
    return ids;
}

Announced announced(std::span<const wire::Payload> payloads) {
    Announced found;
    for (const wire::VendorId* id : wire::find_all<wire::VendorId>(payloads)) {
        found.short_icv |= wants_short_icv(*id);
        found.fragmentation |= std::ranges::equal(id->data, wire::vendor::kFragmentation);
        found.negotiation_discovery |= std::ranges::equal(id->data, wire::vendor::kNegotiationDiscovery);
        found.initial_contact |= std::ranges::equal(id->data, wire::vendor::kInitialContact);
        found.cluster |= std::ranges::equal(id->data, wire::vendor::kNlbsPresent);
    }
    return found;
}

}  // namespace keyline::authip
