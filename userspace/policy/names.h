// Values and their names in the configuration, the command line and JSON: every such list stands here once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "policy/policy.h"

namespace keyline::policy {

template <class Value>
struct Named {
    Value value;
    std::string_view name;
};

template <class Value, std::size_t kCount>
constexpr std::string_view name_of(const Named<Value> (&names)[kCount], const Value& value) {
    for (const auto& entry : names) {
        if (entry.value == value) return entry.name;
    }
    return "unknown";
}

template <class Value, std::size_t kCount>
constexpr std::optional<Value> value_of(const Named<Value> (&names)[kCount], std::string_view name) {
    for (const auto& entry : names) {
        if (entry.name == name) return entry.value;
    }
    return std::nullopt;
}

inline constexpr Named<AuthMethod> kAuthMethodNames[] = {
    {AuthMethod::kKerberos, "kerberos"},
    {AuthMethod::kAnonymous, "anonymous"},
    {AuthMethod::kTls, "tls"},
    {AuthMethod::kNtlm, "ntlm"},
    {AuthMethod::kPreSharedKey, "psk"},
    {AuthMethod::kSignature, "signature"},
    {AuthMethod::kPublicKey, "public-key"},
    {AuthMethod::kRevisedPublicKey, "revised-public-key"},
};

inline constexpr Named<X509Id> kX509IdNames[] = {
    {X509Id::kSubject, "subject"},
    {X509Id::kDnsName, "dns-name"},
    {X509Id::kAddress, "address"},
};

inline constexpr Named<Protocol> kKeyingProtocolNames[] = {
    {Protocol::kAuthip, "authip"},
    {Protocol::kIkev1, "ikev1"},
};

inline constexpr Named<MmEncryption> kMmEncryptionNames[] = {
    {MmEncryption::kDesCbc, "des-cbc"},        {MmEncryption::k3desCbc, "3des-cbc"},
    {MmEncryption::kAesCbc128, "aes-cbc-128"}, {MmEncryption::kAesCbc192, "aes-cbc-192"},
    {MmEncryption::kAesCbc256, "aes-cbc-256"},
};

inline constexpr Named<MmHash> kMmHashNames[] = {
    {MmHash::kMd5, "md5"},         {MmHash::kSha1, "sha1"},       {MmHash::kSha256, "sha2-256"},
    {MmHash::kSha384, "sha2-384"}, {MmHash::kSha512, "sha2-512"},
};

inline constexpr Named<DhGroup> kDhGroupNames[] = {
    {DhGroup::kNone, "none"},         {DhGroup::kModp768, "modp768"},   {DhGroup::kModp1024, "modp1024"},
    {DhGroup::kModp1536, "modp1536"}, {DhGroup::kModp2048, "modp2048"}, {DhGroup::kModp3072, "modp3072"},
    {DhGroup::kModp4096, "modp4096"}, {DhGroup::kModp6144, "modp6144"}, {DhGroup::kModp8192, "modp8192"},
    {DhGroup::kEcp256, "ecp256"},     {DhGroup::kEcp384, "ecp384"},     {DhGroup::kEcp521, "ecp521"},
};

struct EspCipher {
    Encryption encryption;
    std::uint8_t key_octets;
    bool operator==(const EspCipher&) const = default;
};
inline constexpr Named<EspCipher> kEspCipherNames[] = {
    {{Encryption::kNull, 0}, "null"},
    {{Encryption::kDesCbc, 8}, "des-cbc"},
    {{Encryption::k3desCbc, 24}, "3des-cbc"},
    {{Encryption::kAesCbc, 16}, "aes-cbc-128"},
    {{Encryption::kAesCbc, 24}, "aes-cbc-192"},
    {{Encryption::kAesCbc, 32}, "aes-cbc-256"},
    {{Encryption::kAesGcm16, 16}, "aes-gcm-16-128"},
    {{Encryption::kAesGcm16, 24}, "aes-gcm-16-192"},
    {{Encryption::kAesGcm16, 32}, "aes-gcm-16-256"},
    {{Encryption::kAesGmac, 16}, "aes-gmac-128"},
    {{Encryption::kAesGmac, 24}, "aes-gmac-192"},
    {{Encryption::kAesGmac, 32}, "aes-gmac-256"},
};

inline constexpr Named<Integrity> kIntegrityNames[] = {
    {Integrity::kHmacMd5_96, "hmac-md5-96"},           {Integrity::kHmacSha1_96, "hmac-sha1-96"},
    {Integrity::kHmacSha256_128, "hmac-sha2-256-128"}, {Integrity::kHmacSha384_192, "hmac-sha2-384-192"},
    {Integrity::kHmacSha512_256, "hmac-sha2-512-256"},
};

inline constexpr Named<Direction> kDirectionNames[] = {
    {Direction::kInbound, "inbound"},
    {Direction::kOutbound, "outbound"},
};

inline constexpr Named<Mode> kModeNames[] = {
    {Mode::kTransport, "transport"},
    {Mode::kTunnel, "tunnel"},
    {Mode::kAuthenticatedFirewall, "authenticated-firewall"},
};

inline constexpr Named<Engine> kEngineNames[] = {
    {Engine::kAuto, "auto"},
    {Engine::kKernel, "kernel"},
    {Engine::kFastpath, "fastpath"},
};

inline constexpr Named<Offload> kOffloadNames[] = {
    {Offload::kNone, "none"},
    {Offload::kCrypto, "crypto"},
    {Offload::kPacket, "packet"},
    {Offload::kAuto, "auto"},
};

inline constexpr Named<InterfaceRole> kInterfaceRoleNames[] = {
    {InterfaceRole::kUnprotected, "unprotected"},
    {InterfaceRole::kProtected, "protected"},
};

inline constexpr Named<RuleAction> kRuleActionNames[] = {
    {RuleAction::kBypass, "bypass"},
    {RuleAction::kProtect, "protect"},
    {RuleAction::kBlock, "block"},
};

inline constexpr Named<Negotiation> kNegotiationNames[] = {
    {Negotiation::kRequire, "require"},
    {Negotiation::kRequireInbound, "require-inbound"},
    {Negotiation::kRequest, "request"},
};

inline constexpr Named<QmKeyOrder> kQmKeyOrderNames[] = {
    {QmKeyOrder::kEncryptionFirst, "encryption-first"},
    {QmKeyOrder::kAuthenticationFirst, "authentication-first"},
};

// Protocols that people name; any other stands as its number.
inline constexpr Named<std::uint8_t> kProtocolNames[] = {
    {0, "any"},    {1, "icmp"},   {2, "igmp"},   {4, "ipv4"},       {6, "tcp"},   {17, "udp"},
    {33, "dccp"},  {41, "ipv6"},  {47, "gre"},   {58, "icmpv6"},    {89, "ospf"}, {103, "pim"},
    {112, "vrrp"}, {115, "l2tp"}, {132, "sctp"}, {136, "udp-lite"},
};

}  // namespace keyline::policy
