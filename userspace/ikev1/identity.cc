#include "ikev1/identity.h"

#include <algorithm>

#include "wire/numbers.h"

namespace keyline::ikev1 {

wire::Identification own_id(const IpAddress& address) {
    wire::Identification id{.type =
                                address.is_v4() ? wire::id_type::kIpv4Address : wire::id_type::kIpv6Address};
    append(id.data, address.octets());
    return id;
}

std::string id_text(const wire::Identification& id) {
    const bool is_address = id.type == wire::id_type::kIpv4Address || id.type == wire::id_type::kIpv6Address;
    if (const auto address = IpAddress::from_octets(id.data); is_address && address)
        return address->to_string();
    const bool is_name = id.type == wire::id_type::kFqdn || id.type == wire::id_type::kUserFqdn;
    const auto printable = [](std::uint8_t octet) { return octet > ' ' && octet < 0x7F; };
    if (is_name && std::ranges::all_of(id.data, printable)) return {id.data.begin(), id.data.end()};
    return to_hex(id.data);
}

}  // namespace keyline::ikev1
