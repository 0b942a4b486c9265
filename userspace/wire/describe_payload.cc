// The tree of one payload.
#include <fmt/format.h>

#include "base/ip_address.h"
#include "wire/describe.h"
#include "wire/names.h"
#include "wire/principal_name.h"
#include "wire/vendor_ids.h"

namespace keyline::wire {
namespace {

// Printable ASCII; every other octet, and the backslash, as \xNN.
std::string printable(std::string_view text) {
    std::string safe;
    for (const char character : text) {
        if (character >= ' ' && character <= '~' && character != '\\') {
            safe.push_back(character);
        } else {
            safe += fmt::format("\\x{:02x}", static_cast<std::uint8_t>(character));
        }
    }
    return safe;
}

std::string printable(ByteView octets) {
    return printable({reinterpret_cast<const char*>(octets.data()), octets.size()});
}

// "AES-CBC (7)", or "99" where the number has no name.
std::string named(const std::string& name, std::uint64_t number) {
    const std::string digits = std::to_string(number);
    return name == digits ? digits : name + " (" + digits + ")";
}

Node number(std::string name, std::uint64_t value) { return {std::move(name), std::to_string(value), {}}; }

Node octets(std::string name, ByteView value) { return {std::move(name), to_hex(value), {}}; }

Node flags(std::string name, std::uint32_t value, const std::vector<std::string>& names) {
    std::string text = fmt::format("0x{:02x}", value);
    if (!names.empty()) text += fmt::format(" ({})", fmt::join(names, ", "));
    return {std::move(name), std::move(text), {}};
}

std::string address_text(ByteView octets) {
    const auto address = IpAddress::from_octets(octets);
    return address ? address->to_string() : to_hex(octets);
}

// Two addresses of one size, one after the other.
std::string address_pair(ByteView octets, std::size_t size, std::string_view between) {
    if (octets.size() != 2 * size) return to_hex(octets);
    return address_text(octets.first(size)) + std::string(between) + address_text(octets.subspan(size));
}

std::string identification_text(std::uint8_t type, ByteView data) {
    switch (type) {
        case id_type::kIpv4Address:
            return data.size() == 4 ? address_text(data) : to_hex(data);
        case id_type::kIpv6Address:
            return data.size() == 16 ? address_text(data) : to_hex(data);
        case id_type::kIpv4Subnet:
            return address_pair(data, 4, "/");
        case id_type::kIpv6Subnet:
            return address_pair(data, 16, "/");
        case id_type::kIpv4Range:
            return address_pair(data, 4, " - ");
        case id_type::kIpv6Range:
            return address_pair(data, 16, " - ");
        case id_type::kFqdn:
        case id_type::kUserFqdn:
            return printable(data);
        default:
            return to_hex(data);
    }
}

Node describe_attribute(std::uint8_t protocol_id, const Attribute& attribute) {
    Node node{named(attribute_name(protocol_id, attribute.type), attribute.type), {}, {}};
    if (const auto value = attribute.number()) {
        node.value = named(attribute_value_name(protocol_id, attribute.type, *value), *value);
    } else {
        node.value = to_hex(std::get<Bytes>(attribute.value));
    }
    if (!attribute.is_basic()) {
        node.value += fmt::format(", variable form of {} octets", std::get<Bytes>(attribute.value).size());
    }
    return node;
}

Node describe_transform(std::uint8_t protocol_id, const Transform& transform) {
    Node node{fmt::format("Transform {}", transform.number),
              named(transform_name(protocol_id, transform.id), transform.id),
              {}};
    for (const Attribute& attribute : transform.attributes) {
        node.children.push_back(describe_attribute(protocol_id, attribute));
    }
    return node;
}

Node describe_proposal(const Proposal& proposal) {
    Node node{fmt::format("Proposal {}", proposal.number),
              named(protocol_name(proposal.protocol_id), proposal.protocol_id),
              {}};
    if (!proposal.spi.empty()) node.children.push_back(octets("SPI", proposal.spi));
    for (const Transform& transform : proposal.transforms) {
        node.children.push_back(describe_transform(proposal.protocol_id, transform));
    }
    return node;
}

// MS-AIPS 2.2.3.5 and 2.2.3.6.
std::vector<Node> describe_notification_data(std::uint16_t type, ByteView data) {
    if (data.empty()) return {};
    const bool word = data.size() == 4;
    if (type == notify::kStatus && word) return {number("Error Code", load_be32(data.data()))};
    if (type == notify::kAck && word) return {number("Acknowledged seqNUM", load_be32(data.data()))};
    if (type == notify::kExchangeInfo && word) {
        const std::uint32_t bits = load_be32(data.data());
        return {flags("Exchange Info", bits, exchange_info_flag_names(bits))};
    }
    if (type == notify::kAcquire && data.size() == 8) {
        const std::uint32_t mode = load_be32(data.data());
        const std::uint32_t bits = load_be32(data.data() + 4);
        return {{"Encapsulation_Mode",
                 named(attribute_value_name(protocol::kEsp, ipsec_attribute::kEncapsulationMode, mode), mode),
                 {}},
                flags("Flags", bits, exchange_info_flag_names(bits))};
    }
    if (type == notify::kDosCookie) return {octets("Responder Cookie", data)};
    return {octets("Notification Data", data)};
}

// Gives a payload's node its value and children.
struct BodyDescriber {
    Node& node;

    void add(Node child) { node.children.push_back(std::move(child)); }

    void operator()(const SecurityAssociation& body) {
        add(number("DOI", body.doi));
        add(number("Situation", body.situation));
        for (const Proposal& proposal : body.proposals)
            add(describe_proposal(proposal));
    }
    void operator()(const KeyExchange& body) { add(octets("Key Exchange Data", body.public_value)); }
    void operator()(const Identification& body) {
        add({"ID Type", named(id_type_name(body.type), body.type), {}});
        add(number("Protocol ID", body.protocol));
        add(number("Port", body.port));
        add({"Identification Data", identification_text(body.type, body.data), {}});
    }
    void operator()(const Certificate& body) {
        add({"Certificate Encoding", named(certificate_encoding_name(body.encoding), body.encoding), {}});
        add(octets("Certificate Data", body.data));
    }
    void operator()(const CertificateRequest& body) {
        add({"Certificate Type", named(certificate_encoding_name(body.encoding), body.encoding), {}});
        add(octets("Certificate Authority", body.authority));
    }
    void operator()(const Hash& body) { add(octets("Hash Data", body.data)); }
    void operator()(const Signature& body) { add(octets("Signature Data", body.data)); }
    void operator()(const Nonce& body) { add(octets("Nonce Data", body.data)); }
    void operator()(const Notification& body) {
        node.value = named(notify_name(body.type), body.type);
        add(number("DOI", body.doi));
        add({"Protocol-ID", named(protocol_name(body.protocol_id), body.protocol_id), {}});
        if (!body.spi.empty()) add(octets("SPI", body.spi));
        if (!body.data.empty()) add(octets("Notification Data", body.data));
    }
    void operator()(const AuthipNotification& body) {
        node.value = named(notify_name(body.type), body.type);
        add(number("DOI", body.doi));
        add(number("Protocol-ID", body.protocol_id));
        const bool reliable = (body.flags & kReliableNotify) != 0;
        add({"Flags", fmt::format("0x{:02x}{}", body.flags, reliable ? " (RELIABLE_NOTIFY_FLAG)" : ""), {}});
        for (Node& child : describe_notification_data(body.type, body.data))
            add(std::move(child));
    }
    void operator()(const Delete& body) {
        add(number("DOI", body.doi));
        add({"Protocol-ID", named(protocol_name(body.protocol_id), body.protocol_id), {}});
        for (std::size_t i = 0; i < body.count(); ++i)
            add(octets("SPI", body.spi(i)));
    }
    void operator()(const VendorId& body) {
        node.value = vendor::name(body.data).value_or("unknown");
        add(octets("Vendor ID Data", body.data));
    }
    void operator()(const NatDiscovery& body) { add(octets("HASH of the address and port", body.hash)); }
    void operator()(const NatOriginalAddress& body) {
        add({"ID Type", named(id_type_name(body.id_type), body.id_type), {}});
        add({"Original Address", identification_text(body.id_type, body.address), {}});
    }
    void operator()(const GssApi& body) {
        add({"Status", fmt::format("0x{:08x}", body.status), {}});
        add(flags("Flags", body.flags, gss_flag_names(body.flags)));
        add(octets("GSS-API_Token", body.token));
    }
    void operator()(const Fragment& body) {
        add(number("Fragment_ID", body.id));
        add(number("Fragment_Number", body.number));
        const bool last = (body.flags & kLastFragment) != 0;
        add({"Flags", fmt::format("0x{:02x}{}", body.flags, last ? " (LAST_FRAGMENT)" : ""), {}});
        add(octets("Fragment_Data", body.data));
    }
    void operator()(const GssId& body) {
        const auto name = decode_principal_name(body.name);
        add({"Security Principal Name", name ? printable(*name) : "not UTF-16: " + to_hex(body.name), {}});
    }
    void operator()(const Auth& body) {
        for (const Auth::Method& method : body.methods) {
            std::string text = named(auth_method_name(method.method), method.method);
            if (method.flags != 0) text += fmt::format(", flags 0x{:04x}", method.flags);
            add({"Auth_Method", std::move(text), {}});
        }
    }
    void operator()(const KeyDictation& body) { add(octets("IV, encrypted keys and ICV", body.sealed)); }
    void operator()(const KeyDictationWeight& body) { add(number("Key_Dictation_Weight", body.weight)); }
    void operator()(const Opaque& body) { add(octets("Data", body.data)); }
};

}  // namespace

Node describe(const Payload& payload) {
    const auto type = static_cast<std::uint8_t>(payload.type());
    const std::string name = payload_name(payload.type());
    Node node{name == std::to_string(type) ? fmt::format("Payload of unknown type 0x{:02x}", type)
                                           : name + " Payload",
              {},
              {}};
    std::visit(BodyDescriber{node}, payload.body);
    return node;
}

}  // namespace keyline::wire
