#include "auth/ike_id.h"

#include <algorithm>

#include "auth/certificate_name.h"
#include "auth/failure.h"

namespace keyline::auth {

IkeId IkeId::of(const IpAddress& address) {
    const auto octets = address.octets();
    return {address.is_v4() ? IkeIdType::kIpv4Address : IkeIdType::kIpv6Address,
            {octets.begin(), octets.end()}};
}

std::string to_string(const IkeId& id) {
    switch (id.type) {
        case IkeIdType::kIpv4Address:
        case IkeIdType::kIpv6Address:
            if (const auto address = IpAddress::from_octets(id.data)) return address->to_string();
            break;
        case IkeIdType::kFqdn:
        case IkeIdType::kUserFqdn: {
            const auto visible = [](std::uint8_t octet) { return octet > ' ' && octet < 0x7F; };
            if (!id.data.empty() && std::ranges::all_of(id.data, visible))
                return printable({reinterpret_cast<const char*>(id.data.data()), id.data.size()});
            break;
        }
        case IkeIdType::kDerAsn1Dn:
            if (const auto name = x509::parse_subject(id.data)) return x509::print(name.get());
            break;
    }
    return printable(to_hex(id.data));
}

}  // namespace keyline::auth
