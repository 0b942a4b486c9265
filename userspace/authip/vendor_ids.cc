#include "authip/vendor_ids.h"

#include <algorithm>

#include "wire/vendor_ids.h"

namespace keyline::authip {
namespace {

constexpr std::uint32_t kWindows8AndLater = 9;

}  // namespace

std::vector<wire::Payload> vendor_ids() {
    return {
        wire::Payload{wire::VendorId{wire::vendor::ms_nt5_isakmpoakley(kWindows8AndLater)}},
        wire::Payload{wire::VendorId{Bytes(wire::vendor::kRfc3947.begin(), wire::vendor::kRfc3947.end())}}};
}

bool wants_short_icv(std::span<const wire::Payload> payloads) {
    return std::ranges::any_of(wire::find_all<wire::VendorId>(payloads), [](const wire::VendorId* id) {
        const auto version = wire::vendor::ms_nt5_isakmpoakley_version(id->data);
        return version && *version >= 5 && *version <= 7;
    });
}

}  // namespace keyline::authip
