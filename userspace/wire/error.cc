#include "wire/error.h"

#include <utility>

namespace keyline::wire {
namespace {

struct Words {
    std::string_view name;
    std::string_view cause;
};

// A switch without default, so that the compiler misses a reason that is not here.
Words words(ParseReason reason) {
    switch (reason) {
        case ParseReason::kHeaderTruncated:
            return {"header-truncated", "datagram is shorter than an ISAKMP header"};
        case ParseReason::kLengthMismatch:
            return {"length-mismatch", "ISAKMP Length is not the datagram's"};
        case ParseReason::kMajorVersion:
            return {"major-version", "ISAKMP major version is not 1"};
        case ParseReason::kUnknownFlags:
            return {"unknown-flags", "ISAKMP flags hold one that the exchange type does not have"};
        case ParseReason::kInitiatorCookieZero:
            return {"initiator-cookie-zero", "initiator cookie is zero"};
        case ParseReason::kCryptoMissing:
            return {"crypto-missing", "AuthIP message does not start with a Crypto payload"};
        case ParseReason::kCryptoTruncated:
            return {"crypto-truncated", "datagram ends before the Crypto payload's header"};
        case ParseReason::kCryptoLength:
            return {"crypto-length", "Crypto payload's length is not possible"};
        case ParseReason::kCryptoNextPayload:
            return {"crypto-next-payload", "encrypted Crypto payload names a next payload"};
        case ParseReason::kPayloadTruncated:
            return {"payload-truncated", "payload ends before its fixed fields"};
        case ParseReason::kPayloadLength:
            return {"payload-length", "Payload_Length is not possible here"};
        case ParseReason::kPayloadMisplaced:
            return {"payload-misplaced", "payload of this type cannot stand here"};
        case ParseReason::kTooManyPayloads:
            return {"too-many-payloads", "more payloads than a message may have"};
        case ParseReason::kTrailingOctets:
            return {"trailing-octets", "octets follow the last part"};
        case ParseReason::kDoi:
            return {"doi", "DOI is not IPSEC (1)"};
        case ParseReason::kSituation:
            return {"situation", "situation is not SIT_IDENTITY_ONLY (1)"};
        case ParseReason::kSubstructureTruncated:
            return {"substructure-truncated", "SA payload ends where a proposal or transform should start"};
        case ParseReason::kSubstructureLength:
            return {"substructure-length", "proposal's or transform's length is not possible"};
        case ParseReason::kSubstructureType:
            return {"substructure-type", "proposal or transform is followed by another type"};
        case ParseReason::kTransformCount:
            return {"transform-count", "proposal has another number of transforms than it says"};
        case ParseReason::kAttributeTruncated:
            return {"attribute-truncated", "transform ends inside an attribute"};
        case ParseReason::kTooManyProposals:
            return {"too-many-proposals", "more proposals than an SA payload may have"};
        case ParseReason::kTooManyTransforms:
            return {"too-many-transforms", "more transforms than an SA payload may have"};
        case ParseReason::kTooManyAttributes:
            return {"too-many-attributes", "more attributes than a transform may have"};
    }
    std::unreachable();
}

}  // namespace

std::string_view name(ParseReason reason) { return words(reason).name; }

std::string_view explain(ParseReason reason) { return words(reason).cause; }

std::string ParseError::to_string() const {
    return std::string(explain(reason)) + " (octet " + std::to_string(offset) + ")";
}

std::string BuildError::to_string() const {
    switch (reason) {
        case BuildReason::kPayloadTooLong:
            return "payload is longer than its length field can say (65535 octets)";
        case BuildReason::kFieldTooLong:
            return "value is larger than its field";
        case BuildReason::kMessageTooLong:
            return "message is longer than a UDP datagram can be (65507 octets)";
        case BuildReason::kCryptoIv:
            return "IV of an unencrypted Crypto payload is neither absent nor 8 octets";
    }
    std::unreachable();
}

}  // namespace keyline::wire
