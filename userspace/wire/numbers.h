// Registered numbers of ISAKMP, IKEv1, the IPSEC DOI and AuthIP that messages carry. Fields that a peer may
// fill with any value stay integers in the payload structs; these are the values with a meaning. Names are in
// wire/names.h.
#pragma once

#include <cstdint>

namespace keyline::wire {

// RFC 2408 3.1, RFC 3947, MS-AIPS 2.2.3, MS-IKEE 2.2.3.1. Every octet value is a valid PayloadType.
enum class PayloadType : std::uint8_t {
    kNone = 0,
    kSecurityAssociation = 1,
    kProposal = 2,
    kTransform = 3,
    kKeyExchange = 4,
    kIdentification = 5,
    kCertificate = 6,
    kCertificateRequest = 7,
    kHash = 8,
    kSignature = 9,
    kNonce = 10,
    kNotification = 11,
    kDelete = 12,
    kVendorId = 13,
    kNatDiscovery = 0x14,
    kNatOriginalAddress = 0x15,
    kGssApi = 0x81,
    kNatDiscoveryDraft = 0x82,        // draft-ietf-ipsec-nat-t-ike-02, IKEv1 only
    kNatOriginalAddressDraft = 0x83,  // the same
    kFragment = 0x84,
    kCrypto = 0x85,
    kGssId = 0x86,
    kAuth = 0x87,
    kKeyDictation = 0x88,
    kKeyDictationWeight = 0x89,
};

// RFC 2408 3.1, RFC 2409, MS-AIPS 2.2.1. Every octet value is a valid ExchangeType.
enum class ExchangeType : std::uint8_t {
    kMainMode = 2,  // "Identity Protection" in RFC 2408
    kAggressive = 4,
    kInformational = 5,
    kQuickMode = 32,
    kNewGroupMode = 33,
    kAuthipMainMode = 0xF3,
    kAuthipQuickMode = 0xF4,
    kAuthipExtendedMode = 0xF5,
    kAuthipNotify = 0xF6,
};

// How payload types 0x80-0xFF and the Notify payload are read.
enum class Dialect : std::uint8_t { kIkev1, kAuthip };

constexpr Dialect dialect_of(ExchangeType type) {
    return type >= ExchangeType::kAuthipMainMode && type <= ExchangeType::kAuthipNotify ? Dialect::kAuthip
                                                                                        : Dialect::kIkev1;
}

// ISAKMP header flags (RFC 2408 3.1). AuthIP uses E only.
inline constexpr std::uint8_t kFlagEncryption = 0x01;
inline constexpr std::uint8_t kFlagCommit = 0x02;
inline constexpr std::uint8_t kFlagAuthenticationOnly = 0x04;

inline constexpr std::uint32_t kDoiIpsec = 1;
inline constexpr std::uint32_t kSituationIdentityOnly = 1;

// Protocol-ID of a proposal and of the RFC's Notify (RFC 2407 4.4.1).
namespace protocol {
inline constexpr std::uint8_t kIsakmp = 1;
inline constexpr std::uint8_t kAh = 2;
inline constexpr std::uint8_t kEsp = 3;
inline constexpr std::uint8_t kIpcomp = 4;
}  // namespace protocol

// Protocol-ID of AuthIP's Notify (MS-AIPS 2.2.3.5).
namespace notify_about {
inline constexpr std::uint8_t kMainOrExtendedMode = 1;
inline constexpr std::uint8_t kQuickMode = 2;
}  // namespace notify_about

inline constexpr std::uint8_t kReliableNotify = 0x01;  // Flags of AuthIP's Notify

inline constexpr std::uint8_t kTransformKeyIke = 1;  // RFC 2407 4.4.2

// Attribute types and values of phase 1 (RFC 2409 appendix A, IANA).
namespace ike_attribute {
inline constexpr std::uint16_t kEncryption = 1;
inline constexpr std::uint16_t kHash = 2;
inline constexpr std::uint16_t kAuthenticationMethod = 3;
inline constexpr std::uint16_t kGroupDescription = 4;
inline constexpr std::uint16_t kLifeType = 11;
inline constexpr std::uint16_t kLifeDuration = 12;
inline constexpr std::uint16_t kKeyLength = 14;
}  // namespace ike_attribute

namespace ike_encryption {
inline constexpr std::uint16_t kDesCbc = 1;
inline constexpr std::uint16_t k3desCbc = 5;
inline constexpr std::uint16_t kAesCbc = 7;
}  // namespace ike_encryption

// RFC 2409 appendix A, RFC 4754.
namespace ike_authentication {
inline constexpr std::uint16_t kPreSharedKey = 1;
inline constexpr std::uint16_t kRsaSignature = 3;
inline constexpr std::uint16_t kRsaEncryption = 4;
inline constexpr std::uint16_t kRevisedRsaEncryption = 5;
inline constexpr std::uint16_t kEcdsa256 = 9;
inline constexpr std::uint16_t kEcdsa384 = 10;
inline constexpr std::uint16_t kEcdsa521 = 11;
}  // namespace ike_authentication

// RFC 2408 3.9.
namespace certificate_encoding {
inline constexpr std::uint8_t kX509Signature = 4;
inline constexpr std::uint8_t kX509KeyExchange = 5;
}  // namespace certificate_encoding

namespace ike_hash {
inline constexpr std::uint16_t kMd5 = 1;
inline constexpr std::uint16_t kSha1 = 2;
inline constexpr std::uint16_t kSha256 = 4;
inline constexpr std::uint16_t kSha384 = 5;
inline constexpr std::uint16_t kSha512 = 6;
}  // namespace ike_hash

// ESP transforms (RFC 2407 4.4.4, IANA).
namespace esp_transform {
inline constexpr std::uint8_t kDes = 2;
inline constexpr std::uint8_t k3des = 3;
inline constexpr std::uint8_t kNull = 11;
inline constexpr std::uint8_t kAesCbc = 12;
inline constexpr std::uint8_t kAesGcm16 = 20;
inline constexpr std::uint8_t kAesGmac = 23;
}  // namespace esp_transform

// Attribute types and values of phase 2 (RFC 2407 4.5, RFC 3947 5.1, IANA).
namespace ipsec_attribute {
inline constexpr std::uint16_t kLifeType = 1;
inline constexpr std::uint16_t kLifeDuration = 2;
inline constexpr std::uint16_t kGroupDescription = 3;
inline constexpr std::uint16_t kEncapsulationMode = 4;
inline constexpr std::uint16_t kAuthentication = 5;
inline constexpr std::uint16_t kKeyLength = 6;
inline constexpr std::uint16_t kExtendedSequenceNumber = 11;
}  // namespace ipsec_attribute

namespace ipsec_authentication {
inline constexpr std::uint16_t kHmacMd5 = 1;
inline constexpr std::uint16_t kHmacSha1 = 2;
inline constexpr std::uint16_t kHmacSha256 = 5;
inline constexpr std::uint16_t kHmacSha384 = 6;
inline constexpr std::uint16_t kHmacSha512 = 7;
}  // namespace ipsec_authentication

namespace encapsulation {
inline constexpr std::uint16_t kTunnel = 1;
inline constexpr std::uint16_t kTransport = 2;
inline constexpr std::uint16_t kUdpTunnel = 3;
inline constexpr std::uint16_t kUdpTransport = 4;
inline constexpr std::uint16_t kTransportAuthFirewall = 62000;     // MS-AIPS 3.10.4.2
inline constexpr std::uint16_t kUdpTransportAuthFirewall = 62001;  // MS-AIPS 3.10.4.2
}  // namespace encapsulation

// Life types, the same in both phases.
inline constexpr std::uint16_t kLifeSeconds = 1;
inline constexpr std::uint16_t kLifeKilobytes = 2;

// Identification types (RFC 2407 4.6.2.1).
namespace id_type {
inline constexpr std::uint8_t kIpv4Address = 1;
inline constexpr std::uint8_t kFqdn = 2;
inline constexpr std::uint8_t kUserFqdn = 3;
inline constexpr std::uint8_t kIpv4Subnet = 4;
inline constexpr std::uint8_t kIpv6Address = 5;
inline constexpr std::uint8_t kIpv6Subnet = 6;
inline constexpr std::uint8_t kIpv4Range = 7;
inline constexpr std::uint8_t kIpv6Range = 8;
inline constexpr std::uint8_t kDerAsn1Dn = 9;
inline constexpr std::uint8_t kDerAsn1Gn = 10;
inline constexpr std::uint8_t kKeyId = 11;
}  // namespace id_type

// Notify message types (RFC 2408 3.14.1, RFC 2407 4.6.3, MS-AIPS 2.2.3.5).
namespace notify {
inline constexpr std::uint16_t kNoProposalChosen = 14;
inline constexpr std::uint16_t kPayloadMalformed = 16;
inline constexpr std::uint16_t kInvalidIdInformation = 18;
inline constexpr std::uint16_t kInvalidCertificate = 20;
inline constexpr std::uint16_t kInvalidCertAuthority = 22;
inline constexpr std::uint16_t kAuthenticationFailed = 24;
inline constexpr std::uint16_t kInvalidSignature = 25;
inline constexpr std::uint16_t kCertificateUnavailable = 28;
inline constexpr std::uint16_t kResponderLifetime = 24576;
inline constexpr std::uint16_t kReplayStatus = 24577;
inline constexpr std::uint16_t kInitialContact = 24578;
inline constexpr std::uint16_t kRUThere = 36136;  // RFC 3706 5.2
inline constexpr std::uint16_t kRUThereAck = 36137;
inline constexpr std::uint16_t kExchangeInfo = 0x9C45;
inline constexpr std::uint16_t kStatus = 0x9C54;
inline constexpr std::uint16_t kDosCookie = 0x9C55;
inline constexpr std::uint16_t kAck = 0x9C56;
inline constexpr std::uint16_t kQmSynchronize = 0x9C57;
inline constexpr std::uint16_t kAcquire = 0x9C58;
}  // namespace notify

// Data of EXCHANGE_INFO and Flags of NOTIFY_ACQUIRE (MS-IKEE 2.2.6, MS-AIPS 2.2.3.6).
inline constexpr std::uint32_t kExchangeInfoNdBoundary = 1;
inline constexpr std::uint32_t kExchangeInfoGuaranteeEncryption = 2;

// Flags of the GSS-API payload (MS-AIPS 2.2.3.1).
namespace gss_flag {
inline constexpr std::uint8_t kNewGssExchange = 0x01;
inline constexpr std::uint8_t kImpersonationActive = 0x02;
inline constexpr std::uint8_t kRetryCurrentAuthentication = 0x04;
inline constexpr std::uint8_t kExplicitCredentials = 0x08;
inline constexpr std::uint8_t kResponderAuthComplete = 0x10;
}  // namespace gss_flag

// Auth_Method (MS-AIPS 2.2.3.4).
namespace auth_method {
inline constexpr std::uint16_t kKerberos = 2;
inline constexpr std::uint16_t kAnonymous = 3;
inline constexpr std::uint16_t kTls = 4;
inline constexpr std::uint16_t kNtlm = 5;
}  // namespace auth_method

inline constexpr std::uint8_t kLastFragment = 0x01;  // Flags of the Fragment payload (MS-IKEE 2.2.3.1)

}  // namespace keyline::wire
