#include "wire/payloads.h"

namespace keyline::wire {
namespace {

struct TypeOf {
    PayloadType operator()(const SecurityAssociation&) const { return PayloadType::kSecurityAssociation; }
    PayloadType operator()(const KeyExchange&) const { return PayloadType::kKeyExchange; }
    PayloadType operator()(const Identification&) const { return PayloadType::kIdentification; }
    PayloadType operator()(const Certificate&) const { return PayloadType::kCertificate; }
    PayloadType operator()(const CertificateRequest&) const { return PayloadType::kCertificateRequest; }
    PayloadType operator()(const Hash&) const { return PayloadType::kHash; }
    PayloadType operator()(const Signature&) const { return PayloadType::kSignature; }
    PayloadType operator()(const Nonce&) const { return PayloadType::kNonce; }
    PayloadType operator()(const Notification&) const { return PayloadType::kNotification; }
    PayloadType operator()(const AuthipNotification&) const { return PayloadType::kNotification; }
    PayloadType operator()(const Delete&) const { return PayloadType::kDelete; }
    PayloadType operator()(const VendorId&) const { return PayloadType::kVendorId; }
    PayloadType operator()(const NatDiscovery& body) const {
        return body.draft ? PayloadType::kNatDiscoveryDraft : PayloadType::kNatDiscovery;
    }
    PayloadType operator()(const NatOriginalAddress& body) const {
        return body.draft ? PayloadType::kNatOriginalAddressDraft : PayloadType::kNatOriginalAddress;
    }
    PayloadType operator()(const GssApi&) const { return PayloadType::kGssApi; }
    PayloadType operator()(const Fragment&) const { return PayloadType::kFragment; }
    PayloadType operator()(const GssId&) const { return PayloadType::kGssId; }
    PayloadType operator()(const Auth&) const { return PayloadType::kAuth; }
    PayloadType operator()(const KeyDictation&) const { return PayloadType::kKeyDictation; }
    PayloadType operator()(const KeyDictationWeight&) const { return PayloadType::kKeyDictationWeight; }
    PayloadType operator()(const Opaque& body) const { return body.type; }
};

}  // namespace

PayloadType type_of(const PayloadBody& body) { return std::visit(TypeOf{}, body); }

}  // namespace keyline::wire
