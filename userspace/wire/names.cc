#include "wire/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string_view>

namespace keyline::wire {
namespace {

struct Name {
    std::uint64_t number;
    std::string_view text;
};

constexpr Name kPayloads[] = {
    {0x00, "None"},
    {0x01, "Security Association"},
    {0x02, "Proposal"},
    {0x03, "Transform"},
    {0x04, "Key Exchange"},
    {0x05, "Identification"},
    {0x06, "Certificate"},
    {0x07, "Certificate Request"},
    {0x08, "Hash"},
    {0x09, "Signature"},
    {0x0A, "Nonce"},
    {0x0B, "Notification"},
    {0x0C, "Delete"},
    {0x0D, "Vendor ID"},
    {0x14, "NAT Discovery"},
    {0x15, "NAT Original Address"},
    {0x81, "GSS-API"},
    {0x82, "NAT Discovery (draft)"},
    {0x83, "NAT Original Address (draft)"},
    {0x84, "Fragment"},
    {0x85, "Crypto"},
    {0x86, "GSS_ID"},
    {0x87, "Auth"},
    {0x88, "Key Dictation"},
    {0x89, "Key Dictation Weight"},
};

constexpr Name kExchanges[] = {
    {2, "Identity Protection (Main Mode)"},
    {4, "Aggressive"},
    {5, "Informational"},
    {32, "Quick Mode"},
    {33, "New Group Mode"},
    {0xF3, "AuthIP Main Mode"},
    {0xF4, "AuthIP Quick Mode"},
    {0xF5, "AuthIP Extended Mode"},
    {0xF6, "AuthIP Notify"},
};

constexpr Name kProtocols[] = {{1, "ISAKMP"}, {2, "IPSEC_AH"}, {3, "IPSEC_ESP"}, {4, "IPCOMP"}};

constexpr Name kAhTransforms[] = {
    {2, "MD5"},      {3, "SHA"},      {4, "DES"},           {5, "SHA2-256"},
    {6, "SHA2-384"}, {7, "SHA2-512"}, {11, "AES-128-GMAC"},
};

constexpr Name kEspTransforms[] = {
    {2, "DES"},         {3, "3DES"},      {7, "BLOWFISH"},   {11, "NULL"},
    {12, "AES-CBC"},    {13, "AES-CTR"},  {18, "AES-GCM-8"}, {19, "AES-GCM-12"},
    {20, "AES-GCM-16"}, {22, "CAMELLIA"}, {23, "AES-GMAC"},
};

constexpr Name kIkeAttributes[] = {
    {1, "Encryption Algorithm"}, {2, "Hash Algorithm"}, {3, "Authentication Method"},
    {4, "Group Description"},    {5, "Group Type"},     {11, "Life Type"},
    {12, "Life Duration"},       {13, "PRF"},           {14, "Key Length"},
};

constexpr Name kIkeEncryption[] = {
    {1, "DES-CBC"},  {3, "Blowfish-CBC"}, {5, "3DES-CBC"},
    {6, "CAST-CBC"}, {7, "AES-CBC"},      {8, "CAMELLIA-CBC"},
};

constexpr Name kIkeHashes[] = {
    {1, "MD5"}, {2, "SHA-1"}, {3, "Tiger"}, {4, "SHA-256"}, {5, "SHA-384"}, {6, "SHA-512"},
};

constexpr Name kIkeAuthentication[] = {
    {1, "pre-shared key"},           {2, "DSS signatures"},         {3, "RSA signatures"},
    {4, "RSA encryption"},           {5, "revised RSA encryption"}, {9, "ECDSA P-256 SHA-256"},
    {10, "ECDSA P-384 SHA-384"},     {11, "ECDSA P-521 SHA-512"},   {65001, "XAUTH pre-shared key"},
    {65005, "XAUTH RSA signatures"}, {0xFDED, "AUTH_CGA"},
};

constexpr Name kGroups[] = {
    {0, "none"},
    {1, "MODP-768"},
    {2, "MODP-1024"},
    {5, "MODP-1536"},
    {14, "MODP-2048"},
    {15, "MODP-3072"},
    {16, "MODP-4096"},
    {17, "MODP-6144"},
    {18, "MODP-8192"},
    {19, "ECP-256"},
    {20, "ECP-384"},
    {21, "ECP-521"},
    {24, "MODP-2048 with 256-bit subgroup"},
};

constexpr Name kLifeTypes[] = {{1, "seconds"}, {2, "kilobytes"}};

constexpr Name kIpsecAttributes[] = {
    {1, "SA Life Type"},
    {2, "SA Life Duration"},
    {3, "Group Description"},
    {4, "Encapsulation Mode"},
    {5, "Authentication Algorithm"},
    {6, "Key Length"},
    {7, "Key Rounds"},
    {10, "ECN Tunnel"},
    {11, "Extended Sequence Number"},
};

constexpr Name kEncapsulationModes[] = {
    {1, "Tunnel"},
    {2, "Transport"},
    {3, "UDP-Encapsulated-Tunnel"},
    {4, "UDP-Encapsulated-Transport"},
    {61443, "UDP-Encapsulated-Tunnel (draft)"},
    {61444, "UDP-Encapsulated-Transport (draft)"},
    {62000, "Authenticated firewall transport"},
    {62001, "Authenticated firewall UDP transport"},
};

constexpr Name kIpsecAuthentication[] = {
    {1, "HMAC-MD5"},      {2, "HMAC-SHA1"},     {5, "HMAC-SHA2-256"},
    {6, "HMAC-SHA2-384"}, {7, "HMAC-SHA2-512"}, {9, "AES-XCBC-MAC"},
    {11, "AES-128-GMAC"}, {12, "AES-192-GMAC"}, {13, "AES-256-GMAC"},
};

constexpr Name kIdTypes[] = {
    {1, "ID_IPV4_ADDR"},       {2, "ID_FQDN"},
    {3, "ID_USER_FQDN"},       {4, "ID_IPV4_ADDR_SUBNET"},
    {5, "ID_IPV6_ADDR"},       {6, "ID_IPV6_ADDR_SUBNET"},
    {7, "ID_IPV4_ADDR_RANGE"}, {8, "ID_IPV6_ADDR_RANGE"},
    {9, "ID_DER_ASN1_DN"},     {10, "ID_DER_ASN1_GN"},
    {11, "ID_KEY_ID"},         {0xFA, "ID_IPV6_CGA"},
};

constexpr Name kCertificateEncodings[] = {
    {0, "None"},
    {1, "PKCS #7 wrapped X.509"},
    {2, "PGP"},
    {3, "DNS Signed Key"},
    {4, "X.509 Signature"},
    {5, "X.509 Key Exchange"},
    {6, "Kerberos Tokens"},
    {7, "CRL"},
    {8, "ARL"},
    {9, "SPKI"},
    {10, "X.509 Attribute"},
};

constexpr Name kNotifies[] = {
    {1, "INVALID-PAYLOAD-TYPE"},
    {2, "DOI-NOT-SUPPORTED"},
    {3, "SITUATION-NOT-SUPPORTED"},
    {4, "INVALID-COOKIE"},
    {5, "INVALID-MAJOR-VERSION"},
    {6, "INVALID-MINOR-VERSION"},
    {7, "INVALID-EXCHANGE-TYPE"},
    {8, "INVALID-FLAGS"},
    {9, "INVALID-MESSAGE-ID"},
    {10, "INVALID-PROTOCOL-ID"},
    {11, "INVALID-SPI"},
    {12, "INVALID-TRANSFORM-ID"},
    {13, "ATTRIBUTES-NOT-SUPPORTED"},
    {14, "NO-PROPOSAL-CHOSEN"},
    {15, "BAD-PROPOSAL-SYNTAX"},
    {16, "PAYLOAD-MALFORMED"},
    {17, "INVALID-KEY-INFORMATION"},
    {18, "INVALID-ID-INFORMATION"},
    {19, "INVALID-CERT-ENCODING"},
    {20, "INVALID-CERTIFICATE"},
    {21, "CERT-TYPE-UNSUPPORTED"},
    {22, "INVALID-CERT-AUTHORITY"},
    {23, "INVALID-HASH-INFORMATION"},
    {24, "AUTHENTICATION-FAILED"},
    {25, "INVALID-SIGNATURE"},
    {26, "ADDRESS-NOTIFICATION"},
    {27, "NOTIFY-SA-LIFETIME"},
    {28, "CERTIFICATE-UNAVAILABLE"},
    {29, "UNSUPPORTED-EXCHANGE-TYPE"},
    {30, "UNEQUAL-PAYLOAD-LENGTHS"},
    {16384, "CONNECTED"},
    {24576, "RESPONDER-LIFETIME"},
    {24577, "REPLAY-STATUS"},
    {24578, "INITIAL-CONTACT"},
    {36136, "R-U-THERE"},
    {36137, "R-U-THERE-ACK"},
    {0x9C43, "NOTIFY_STATUS (IKEv1)"},
    {0x9C44, "NOTIFY_DOS_COOKIE (IKEv1)"},
    {0x9C45, "EXCHANGE_INFO"},
    {0x9C54, "NOTIFY_STATUS"},
    {0x9C55, "NOTIFY_DOS_COOKIE"},
    {0x9C56, "NOTIFY_ACK"},
    {0x9C57, "NOTIFY_QM_SYNCHRONIZE"},
    {0x9C58, "NOTIFY_ACQUIRE"},
};

constexpr Name kAuthMethods[] = {{2, "Kerberos"}, {3, "Anonymous"}, {4, "TLS"}, {5, "NTLM"}};

constexpr Name kHeaderFlags[] = {{0x01, "Encryption"}, {0x02, "Commit"}, {0x04, "Authentication Only"}};

constexpr Name kGssFlags[] = {
    {0x01, "GSS_NEW_GSS_EXCHANGE"},
    {0x02, "GSS_IMPERSONATION_ACTIVE"},
    {0x04, "GSS_RETRY_CURRENT_AUTHENTICATION"},
    {0x08, "GSS_EXPLICIT_CREDENTIALS"},
    {0x10, "GSS_RESPONDER_AUTH_COMPLETE"},
};

constexpr Name kExchangeInfoFlags[] = {
    {0x01, "IKE_EXCHANGE_INFO_ND_BOUNDARY"},
    {0x02, "IKE_EXCHANGE_INFO_GUARANTEE_ENCRYPTION"},
};

std::string lookup(std::span<const Name> names, std::uint64_t number) {
    const auto found = std::ranges::find(names, number, &Name::number);
    return found == names.end() ? std::to_string(number) : std::string(found->text);
}

std::vector<std::string> bit_names(std::span<const Name> names, std::uint64_t bits) {
    std::vector<std::string> found;
    for (const Name& name : names) {
        if ((bits & name.number) != 0) found.emplace_back(name.text);
        bits &= ~name.number;
    }
    if (bits != 0) found.push_back(fmt::format("0x{:02x}", bits));
    return found;
}

}  // namespace

std::string payload_name(PayloadType type) { return lookup(kPayloads, static_cast<std::uint8_t>(type)); }

std::string exchange_name(ExchangeType type) { return lookup(kExchanges, static_cast<std::uint8_t>(type)); }

std::string protocol_name(std::uint8_t protocol_id) { return lookup(kProtocols, protocol_id); }

std::string transform_name(std::uint8_t protocol_id, std::uint8_t transform_id) {
    switch (protocol_id) {
        case protocol::kIsakmp:
            return transform_id == kTransformKeyIke ? "KEY_IKE" : std::to_string(transform_id);
        case protocol::kAh:
            return lookup(kAhTransforms, transform_id);
        case protocol::kEsp:
            return lookup(kEspTransforms, transform_id);
        default:
            return std::to_string(transform_id);
    }
}

std::string attribute_name(std::uint8_t protocol_id, std::uint16_t type) {
    return protocol_id == protocol::kIsakmp ? lookup(kIkeAttributes, type) : lookup(kIpsecAttributes, type);
}

std::string attribute_value_name(std::uint8_t protocol_id, std::uint16_t type, std::uint64_t value) {
    if (protocol_id == protocol::kIsakmp) {
        switch (type) {
            case ike_attribute::kEncryption:
                return lookup(kIkeEncryption, value);
            case ike_attribute::kHash:
                return lookup(kIkeHashes, value);
            case ike_attribute::kAuthenticationMethod:
                return lookup(kIkeAuthentication, value);
            case ike_attribute::kGroupDescription:
                return lookup(kGroups, value);
            case ike_attribute::kLifeType:
                return lookup(kLifeTypes, value);
            default:
                return std::to_string(value);
        }
    }
    switch (type) {
        case ipsec_attribute::kLifeType:
            return lookup(kLifeTypes, value);
        case ipsec_attribute::kGroupDescription:
            return lookup(kGroups, value);
        case ipsec_attribute::kEncapsulationMode:
            return lookup(kEncapsulationModes, value);
        case ipsec_attribute::kAuthentication:
            return lookup(kIpsecAuthentication, value);
        default:
            return std::to_string(value);
    }
}

std::string id_type_name(std::uint8_t type) { return lookup(kIdTypes, type); }

std::string certificate_encoding_name(std::uint8_t encoding) {
    return lookup(kCertificateEncodings, encoding);
}

std::string notify_name(std::uint16_t type) { return lookup(kNotifies, type); }

std::string auth_method_name(std::uint16_t method) { return lookup(kAuthMethods, method); }

std::vector<std::string> header_flag_names(std::uint8_t flags) { return bit_names(kHeaderFlags, flags); }

std::vector<std::string> gss_flag_names(std::uint8_t flags) { return bit_names(kGssFlags, flags); }

std::vector<std::string> exchange_info_flag_names(std::uint32_t flags) {
    return bit_names(kExchangeInfoFlags, flags);
}

}  // namespace keyline::wire
