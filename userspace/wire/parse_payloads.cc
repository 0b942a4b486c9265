#include "wire/parse.h"
#include "wire/reader.h"
#include "wire/security_association.h"

namespace keyline::wire {
namespace {

using Parsed = std::expected<PayloadBody, ParseError>;

Parsed parse_identification(Reader body) {
    if (!body.has(4)) return failure(ParseReason::kPayloadTruncated, body.offset());
    Identification id;
    id.type = body.u8();
    id.protocol = body.u8();
    id.port = body.be16();
    id.data = body.copy_rest();
    return id;
}

Parsed parse_certificate(Reader body) {
    if (!body.has(1)) return failure(ParseReason::kPayloadTruncated, body.offset());
    const std::uint8_t encoding = body.u8();
    return Certificate{encoding, body.copy_rest()};
}

Parsed parse_certificate_request(Reader body) {
    if (!body.has(1)) return failure(ParseReason::kPayloadTruncated, body.offset());
    const std::uint8_t encoding = body.u8();
    return CertificateRequest{encoding, body.copy_rest()};
}

Parsed parse_ikev1_notification(Reader body) {
    if (!body.has(8)) return failure(ParseReason::kPayloadTruncated, body.offset());
    Notification notification;
    notification.doi = body.be32();
    notification.protocol_id = body.u8();
    const std::size_t spi_size = body.u8();
    notification.type = body.be16();
    if (!body.has(spi_size)) return failure(ParseReason::kPayloadTruncated, body.offset() - 3);
    notification.spi = body.copy(spi_size);
    notification.data = body.copy_rest();
    return notification;
}

Parsed parse_authip_notification(Reader body) {
    if (!body.has(8)) return failure(ParseReason::kPayloadTruncated, body.offset());
    AuthipNotification notification;
    notification.doi = body.be32();
    notification.protocol_id = body.u8();
    notification.flags = body.u8();
    notification.type = body.be16();
    notification.data = body.copy_rest();
    return notification;
}

Parsed parse_delete(Reader body) {
    if (!body.has(8)) return failure(ParseReason::kPayloadTruncated, body.offset());
    Delete deletion;
    deletion.doi = body.be32();
    deletion.protocol_id = body.u8();
    deletion.spi_size = body.u8();
    const std::size_t count = body.be16();
    // A size of zero with a count would say nothing that a count of zero does not.
    if (body.remaining() != count * deletion.spi_size || (deletion.spi_size == 0 && count != 0)) {
        return failure(ParseReason::kPayloadLength, body.offset() - 2);
    }
    deletion.spis = body.copy_rest();
    return deletion;
}

Parsed parse_nat_original_address(Reader body, bool draft) {
    if (!body.has(4)) return failure(ParseReason::kPayloadTruncated, body.offset());
    NatOriginalAddress original;
    original.id_type = body.u8();
    for (std::uint8_t& octet : original.reserved)
        octet = body.u8();
    original.address = body.copy_rest();
    original.draft = draft;
    return original;
}

Parsed parse_gss_api(Reader body) {
    if (!body.has(5)) return failure(ParseReason::kPayloadTruncated, body.offset());
    GssApi gss;
    gss.status = body.be32();
    gss.flags = body.u8();
    gss.token = body.copy_rest();
    return gss;
}

Parsed parse_fragment(Reader body) {
    if (!body.has(4)) return failure(ParseReason::kPayloadTruncated, body.offset());
    Fragment fragment;
    fragment.id = body.be16();
    fragment.number = body.u8();
    fragment.flags = body.u8();
    fragment.data = body.copy_rest();
    return fragment;
}

Parsed parse_auth(Reader body) {
    if (body.remaining() % 4 != 0) return failure(ParseReason::kPayloadLength, body.offset() - 2);
    Auth auth;
    while (body.remaining() > 0) {
        Auth::Method& method = auth.methods.emplace_back();
        method.method = body.be16();
        method.flags = body.be16();
    }
    return auth;
}

Parsed parse_key_dictation_weight(Reader body) {
    if (body.remaining() != 4) return failure(ParseReason::kPayloadLength, body.offset() - 2);
    return KeyDictationWeight{body.be32()};
}

// Payload types that mean something in one dialect only.
Parsed parse_private(PayloadType type, Reader body, Dialect dialect) {
    if (dialect == Dialect::kAuthip) {
        switch (type) {
            case PayloadType::kGssApi:
                return parse_gss_api(body);
            case PayloadType::kCrypto:  // one in a message, in front (MS-AIPS 2.2.3.2)
                return failure(ParseReason::kPayloadMisplaced, body.offset() - kGenericHeaderSize);
            case PayloadType::kGssId:
                return GssId{body.copy_rest()};
            case PayloadType::kAuth:
                return parse_auth(body);
            case PayloadType::kKeyDictation:
                return KeyDictation{body.copy_rest()};
            case PayloadType::kKeyDictationWeight:
                return parse_key_dictation_weight(body);
            default:
                break;
        }
    } else {
        switch (type) {
            case PayloadType::kNatDiscoveryDraft:
                return NatDiscovery{body.copy_rest(), true};
            case PayloadType::kNatOriginalAddressDraft:
                return parse_nat_original_address(body, true);
            default:
                break;
        }
    }
    return Opaque{type, body.copy_rest()};
}

Parsed parse_body(PayloadType type, Reader body, Dialect dialect) {
    switch (type) {
        case PayloadType::kSecurityAssociation:
            return parse_security_association(body);
        case PayloadType::kProposal:
        case PayloadType::kTransform:
            return failure(ParseReason::kPayloadMisplaced, body.offset() - kGenericHeaderSize);
        case PayloadType::kKeyExchange:
            return KeyExchange{body.copy_rest()};
        case PayloadType::kIdentification:
            return parse_identification(body);
        case PayloadType::kCertificate:
            return parse_certificate(body);
        case PayloadType::kCertificateRequest:
            return parse_certificate_request(body);
        case PayloadType::kHash:
            return Hash{body.copy_rest()};
        case PayloadType::kSignature:
            return Signature{body.copy_rest()};
        case PayloadType::kNonce:
            return Nonce{body.copy_rest()};
        case PayloadType::kNotification:
            return dialect == Dialect::kAuthip ? parse_authip_notification(body)
                                               : parse_ikev1_notification(body);
        case PayloadType::kDelete:
            return parse_delete(body);
        case PayloadType::kVendorId:
            return VendorId{body.copy_rest()};
        case PayloadType::kNatDiscovery:
            return NatDiscovery{body.copy_rest()};
        case PayloadType::kNatOriginalAddress:
            return parse_nat_original_address(body, false);
        case PayloadType::kFragment:
            return parse_fragment(body);
        default:
            return parse_private(type, body, dialect);
    }
}

// Reads payloads up to the one that names none after it, or up to the first error.
std::optional<ParseError> parse_chain(Reader& from, PayloadType type, Dialect dialect,
                                      std::vector<Payload>& payloads) {
    while (type != PayloadType::kNone) {
        const std::size_t start = from.offset();
        if (payloads.size() == kMaxPayloads) return ParseError{ParseReason::kTooManyPayloads, start};
        if (!from.has(kGenericHeaderSize)) return ParseError{ParseReason::kPayloadTruncated, start};
        const auto next = static_cast<PayloadType>(from.u8());
        const std::uint8_t reserved = from.u8();
        const std::size_t length = from.be16();
        if (length < kGenericHeaderSize || !from.has(length - kGenericHeaderSize)) {
            return ParseError{ParseReason::kPayloadLength, start + 2};
        }
        auto body = parse_body(type, from.sub(length - kGenericHeaderSize), dialect);
        if (!body) return body.error();
        payloads.push_back({std::move(*body), reserved});
        type = next;
    }
    return std::nullopt;
}

}  // namespace

ReadablePayloads read_payloads(ByteView octets, PayloadType first, Dialect dialect, std::size_t offset) {
    Reader from(octets, offset);
    ReadablePayloads read;
    read.error = parse_chain(from, first, dialect, read.payloads);
    if (!read.error && from.remaining() > 0) read.error = {ParseReason::kTrailingOctets, from.offset()};
    return read;
}

std::expected<std::vector<Payload>, ParseError> parse_payloads(ByteView octets, PayloadType first,
                                                               Dialect dialect, std::size_t offset) {
    ReadablePayloads read = read_payloads(octets, first, dialect, offset);
    if (read.error) return std::unexpected(*read.error);
    return std::move(read.payloads);
}

std::expected<PaddedPayloads, ParseError> parse_padded_payloads(ByteView octets, PayloadType first,
                                                                std::size_t offset) {
    Reader from(octets, offset);
    PaddedPayloads padded;
    if (const auto error = parse_chain(from, first, Dialect::kIkev1, padded.payloads)) {
        return std::unexpected(*error);
    }
    padded.size = octets.size() - from.remaining();
    return padded;
}

}  // namespace keyline::wire
