// The bodies of payloads, field by field. A body holds what follows the generic payload header, exactly:
// reserved fields are kept, so that a parsed message is rebuilt octet for octet. No struct checks what its
// values mean.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "wire/attributes.h"
#include "wire/numbers.h"

namespace keyline::wire {

// RFC 2408 3.6.
struct Transform {
    std::uint8_t number = 0;
    std::uint8_t id = 0;
    std::vector<Attribute> attributes;
    std::uint8_t reserved = 0;    // second octet of the transform's generic header
    std::uint16_t reserved2 = 0;  // after the Transform-Id

    bool operator==(const Transform&) const = default;
};

// RFC 2408 3.5.
struct Proposal {
    std::uint8_t number = 0;
    std::uint8_t protocol_id = 0;
    Bytes spi;                          // at most 255 octets
    std::vector<Transform> transforms;  // at most 255
    std::uint8_t reserved = 0;

    bool operator==(const Proposal&) const = default;
};

// RFC 2408 3.4, RFC 2407 4.6.1. Only the IPSEC DOI with SIT_IDENTITY_ONLY is parsed: the layout of others
// differs.
struct SecurityAssociation {
    std::uint32_t doi = kDoiIpsec;
    std::uint32_t situation = kSituationIdentityOnly;
    std::vector<Proposal> proposals;

    bool operator==(const SecurityAssociation&) const = default;
};

// RFC 2408 3.7. For ECP groups x | y (RFC 5903).
struct KeyExchange {
    Bytes public_value;
    bool operator==(const KeyExchange&) const = default;
};

// RFC 2407 4.6.2.
struct Identification {
    std::uint8_t type = 0;      // id_type
    std::uint8_t protocol = 0;  // IP protocol, 0: any
    std::uint16_t port = 0;     // 0: any
    Bytes data;                 // addresses in network order, or a name

    bool operator==(const Identification&) const = default;
};

// RFC 2408 3.9.
struct Certificate {
    std::uint8_t encoding = 0;
    Bytes data;
    bool operator==(const Certificate&) const = default;
};

// RFC 2408 3.10.
struct CertificateRequest {
    std::uint8_t encoding = 0;
    Bytes authority;
    bool operator==(const CertificateRequest&) const = default;
};

// RFC 2408 3.11; in AuthIP the Auth1 to Auth4 of MS-AIPS 3.4 to 3.7.
struct Hash {
    Bytes data;
    bool operator==(const Hash&) const = default;
};

// RFC 2408 3.12.
struct Signature {
    Bytes data;
    bool operator==(const Signature&) const = default;
};

// RFC 2408 3.13.
struct Nonce {
    Bytes data;
    bool operator==(const Nonce&) const = default;
};

// Notify as in RFC 2408 3.14: IKEv1 only.
struct Notification {
    std::uint32_t doi = kDoiIpsec;
    std::uint8_t protocol_id = 0;
    Bytes spi;  // at most 255 octets
    std::uint16_t type = 0;
    Bytes data;

    bool operator==(const Notification&) const = default;
};

// Notify as in MS-AIPS 2.2.3.5, with Flags in place of the SPI size and no SPI: AuthIP only.
struct AuthipNotification {
    std::uint32_t doi = kDoiIpsec;
    std::uint8_t protocol_id = 0;  // notify_about
    std::uint8_t flags = 0;        // kReliableNotify
    std::uint16_t type = 0;        // notify
    Bytes data;

    bool operator==(const AuthipNotification&) const = default;
};

// RFC 2408 3.15.
struct Delete {
    std::uint32_t doi = kDoiIpsec;
    std::uint8_t protocol_id = 0;
    std::uint8_t spi_size = 0;
    Bytes spis;  // one after the other; a whole number of them, at most 65535

    std::size_t count() const { return spi_size == 0 ? 0 : spis.size() / spi_size; }
    ByteView spi(std::size_t index) const { return ByteView(spis).subspan(index * spi_size, spi_size); }
    bool operator==(const Delete&) const = default;
};

// RFC 2408 3.16; known ones are in wire/vendor_ids.h.
struct VendorId {
    Bytes data;
    bool operator==(const VendorId&) const = default;
};

// RFC 3947 3.2.
struct NatDiscovery {
    Bytes hash;
    bool draft = false;  // payload type 130 of draft-ietf-ipsec-nat-t-ike-02; IKEv1 only
    bool operator==(const NatDiscovery&) const = default;
};

// RFC 3947 5.2.
struct NatOriginalAddress {
    std::uint8_t id_type = 0;  // id_type::kIpv4Address or kIpv6Address
    std::array<std::uint8_t, 3> reserved{};
    Bytes address;
    bool draft = false;  // payload type 131; IKEv1 only

    bool operator==(const NatOriginalAddress&) const = default;
};

// MS-AIPS 2.2.3.1.
struct GssApi {
    std::uint32_t status = 0;  // a Windows error code; 0: success
    std::uint8_t flags = 0;    // gss_flag
    Bytes token;

    bool operator==(const GssApi&) const = default;
};

// MS-IKEE 2.2.3.1: a piece of a whole message, ISAKMP header included (interpretation F9).
struct Fragment {
    std::uint16_t id = 0;
    std::uint8_t number = 0;  // from 1
    std::uint8_t flags = 0;   // kLastFragment
    Bytes data;

    bool operator==(const Fragment&) const = default;
};

// MS-AIPS 2.2.3.3: UTF-16 octets; see wire/principal_name.h.
struct GssId {
    Bytes name;
    bool operator==(const GssId&) const = default;
};

// MS-AIPS 2.2.3.4.
struct Auth {
    struct Method {
        std::uint16_t method = 0;  // auth_method
        std::uint16_t flags = 0;
        bool operator==(const Method&) const = default;
    };
    std::vector<Method> methods;  // in the sender's order of preference

    bool operator==(const Auth&) const = default;
};

// MS-AIPS 2.2.3.7: IV, ciphertext and ICV; their lengths follow from the MM SA.
struct KeyDictation {
    Bytes sealed;
    bool operator==(const KeyDictation&) const = default;
};

// MS-AIPS 2.2.3.8.
struct KeyDictationWeight {
    std::uint32_t weight = 0;
    bool operator==(const KeyDictationWeight&) const = default;
};

// A payload of a type that the dialect does not know. In AuthIP those in 0x80-0xFF are to be ignored and the
// others make the message invalid (interpretation F5): the keyer's decision, see is_private_use().
struct Opaque {
    PayloadType type = PayloadType::kNone;
    Bytes data;
    bool operator==(const Opaque&) const = default;
};

using PayloadBody =
    std::variant<SecurityAssociation, KeyExchange, Identification, Certificate, CertificateRequest, Hash,
                 Signature, Nonce, Notification, AuthipNotification, Delete, VendorId, NatDiscovery,
                 NatOriginalAddress, GssApi, Fragment, GssId, Auth, KeyDictation, KeyDictationWeight, Opaque>;

// The number that stands for this body in the Next_Payload field before it.
PayloadType type_of(const PayloadBody& body);

constexpr bool is_private_use(PayloadType type) { return static_cast<std::uint8_t>(type) >= 0x80; }

}  // namespace keyline::wire
