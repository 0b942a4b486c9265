#include "wire/vendor_ids.h"

#include <algorithm>
#include <string_view>

namespace keyline::wire::vendor {
namespace {

constexpr Md5 kMsNt5Isakmpoakley = {0x1E, 0x2B, 0x51, 0x69, 0x05, 0x99, 0x1C, 0x7D,
                                    0x7C, 0x96, 0xFC, 0xBF, 0xB5, 0x87, 0xE4, 0x61};
constexpr Md5 kKeyModules = {0x01, 0x52, 0x8B, 0xBB, 0xC0, 0x06, 0x96, 0x12,
                             0x18, 0x49, 0xAB, 0x9A, 0x1C, 0x5B, 0x2A, 0x51};
constexpr Md5 kInitiatorDhGroup = {0x7B, 0xB9, 0x38, 0x67, 0xD7, 0x6C, 0x8D, 0x80,
                                   0xDF, 0x0F, 0x40, 0xFA, 0xE8, 0xFC, 0x3B, 0x19};
constexpr Md5 kNattDraft02WithoutNewline = {0xCD, 0x60, 0x46, 0x43, 0x35, 0xDF, 0x21, 0xF8,
                                            0x7C, 0xFD, 0xB2, 0xFC, 0x68, 0xB6, 0xA4, 0x48};
constexpr Md5 kCga = {0xE3, 0xA5, 0x96, 0x6A, 0x76, 0x37, 0x9F, 0xE7,
                      0x07, 0x22, 0x82, 0x31, 0xE5, 0xCE, 0x86, 0x52};

struct Known {
    Md5 octets;
    std::string_view name;
};

constexpr Known kKnown[] = {
    {kRfc3947, "RFC 3947"},
    {kNatTraversalDraft, "draft-ietf-ipsec-nat-t-ike-02\\n"},
    {kNattDraft02WithoutNewline, "draft-ietf-ipsec-nat-t-ike-02"},
    {kFragmentation, "FRAGMENTATION"},
    {kNegotiationDiscovery, "MS-Negotiation Discovery Capable"},
    {kInitialContact, "Vid-Initial-Contact"},
    {kNlbsPresent, "NLBS_PRESENT"},
    {kGssApi, "GSSAPI"},
    {kAuthipSupported, "MS-MamieExists"},
    {kCga, "IKE CGA version 1"},
    {kDeadPeerDetection, "Dead Peer Detection (RFC 3706)"},
};

// Those that a 4-octet number follows (MS-IKEE note <6>); the names are those of the numbers from 0.
struct Numbered {
    Md5 octets;
    std::string_view name;
    std::array<std::string_view, 10> meanings;
};

constexpr Numbered kNumbered[] = {
    {kMsNt5Isakmpoakley,
     "MS NT5 ISAKMPOAKLEY",
     {"", "", "Windows 2000", "Windows XP", "Windows Server 2003", "Windows Vista", "Windows Server 2008",
      "Windows 7", "Windows Server 2008 R2", "Windows 8 or Server 2012 or later"}},
    {kKeyModules, "KEY_MODS", {"IKE", "AuthIP", "IKEv2"}},
    {kInitiatorDhGroup,
     "AUTHIP_INIT_KE_DH_GROUP",
     {"none", "group 1", "group 2", "group 14", "ECP-256", "ECP-384", "group 24"}},
};

bool starts_with(ByteView octets, const Md5& prefix) {
    return octets.size() >= prefix.size() && std::ranges::equal(octets.first(prefix.size()), prefix);
}

// The number of a vendor ID that is `prefix` and four octets.
std::optional<std::uint32_t> number_after(ByteView vendor_id, const Md5& prefix) {
    if (vendor_id.size() != prefix.size() + 4 || !starts_with(vendor_id, prefix)) return std::nullopt;
    return load_be32(vendor_id.data() + prefix.size());
}

}  // namespace

Bytes ms_nt5_isakmpoakley(std::uint32_t version) {
    Bytes octets(kMsNt5Isakmpoakley.begin(), kMsNt5Isakmpoakley.end());
    append_be32(octets, version);
    return octets;
}

std::optional<std::uint32_t> ms_nt5_isakmpoakley_version(ByteView vendor_id) {
    return number_after(vendor_id, kMsNt5Isakmpoakley);
}

std::optional<std::string> name(ByteView vendor_id) {
    for (const Known& known : kKnown) {
        if (std::ranges::equal(vendor_id, known.octets)) return std::string(known.name);
    }
    for (const Numbered& numbered : kNumbered) {
        const auto number = number_after(vendor_id, numbered.octets);
        if (!number) continue;
        std::string text = std::string(numbered.name) + " " + std::to_string(*number);
        if (*number < numbered.meanings.size() && !numbered.meanings[*number].empty()) {
            text += " (" + std::string(numbered.meanings[*number]) + ")";
        }
        return text;
    }
    return std::nullopt;
}

}  // namespace keyline::wire::vendor
