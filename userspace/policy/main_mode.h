// What a main mode SA may look like (MS-AIPS 3.2.4, RFC 2409 appendix A): algorithms, groups, methods,
// lifetime.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/auth_method.h"

namespace keyline::policy {

enum class MmEncryption : std::uint8_t { kDesCbc, k3desCbc, kAesCbc128, kAesCbc192, kAesCbc256 };
enum class MmHash : std::uint8_t { kMd5, kSha1, kSha256, kSha384, kSha512 };

// The numbers are those of the IKE registry (RFC 2409 6, RFC 3526, RFC 5903); none is Group Description 0.
enum class DhGroup : std::uint16_t {
    kNone = 0,
    kModp768 = 1,
    kModp1024 = 2,
    kModp1536 = 5,
    kModp2048 = 14,
    kModp3072 = 15,
    kModp4096 = 16,
    kModp6144 = 17,
    kModp8192 = 18,
    kEcp256 = 19,
    kEcp384 = 20,
    kEcp521 = 21,
};

// "des-cbc", "3des-cbc", "aes-cbc-128", ...
std::string_view to_string(MmEncryption encryption);
std::optional<MmEncryption> parse_mm_encryption(std::string_view name);
// "md5", "sha1", "sha2-256", "sha2-384", "sha2-512".
std::string_view to_string(MmHash hash);
std::optional<MmHash> parse_mm_hash(std::string_view name);
// "none", "modp768", "modp1024", ..., "ecp256", "ecp384", "ecp521".
std::string_view to_string(DhGroup group);
std::optional<DhGroup> parse_dh_group(std::string_view name);

// One acceptable combination; the group is common to all transforms of an offer and stands in MainMode.
struct MmProposal {
    MmEncryption encryption = MmEncryption::kAesCbc256;
    MmHash hash = MmHash::kSha256;

    // "aes-cbc-256/sha2-256".
    std::string to_string() const;
    static std::optional<MmProposal> parse(std::string_view name);
    auto operator<=>(const MmProposal&) const = default;
};

struct MainMode {
    std::string name = "default";
    // In the order of preference; never empty.
    std::vector<AuthMethod> auth{AuthMethod::kKerberos};
    // In the order of preference; never empty.
    std::vector<MmProposal> proposals{{MmEncryption::kAesCbc256, MmHash::kSha256},
                                      {MmEncryption::kAesCbc128, MmHash::kSha256},
                                      {MmEncryption::kAesCbc256, MmHash::kSha1},
                                      {MmEncryption::kAesCbc128, MmHash::kSha1}};
    // A responder accepts any of these; an initiator offers `offered_group()`. kNone among them permits a
    // main mode without Diffie-Hellman for the methods that do without it (interpretation item 11).
    std::vector<DhGroup> dh_groups{DhGroup::kNone, DhGroup::kEcp256, DhGroup::kEcp384, DhGroup::kModp2048};
    std::chrono::seconds lifetime = std::chrono::hours(8);
    std::uint64_t lifetime_octets = 0;  // of messages under its key; 0: no limit

    // The one group of this host's offers: the first, or the first other than kNone when a method needs DH.
    DhGroup offered_group() const;
    bool accepts(DhGroup group) const;
    // The same with the methods of this protocol alone; `auth` may then be empty.
    MainMode restricted_to(Protocol protocol) const;

    bool operator==(const MainMode&) const = default;
};

}  // namespace keyline::policy
