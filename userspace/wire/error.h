// Why octets are not a message, and why payloads cannot become octets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace keyline::wire {

enum class ParseReason : std::uint8_t {
    // ISAKMP header (interpretation F4): such datagrams are dropped silently.
    kHeaderTruncated,
    kLengthMismatch,
    kMajorVersion,
    kUnknownFlags,
    kInitiatorCookieZero,
    // Crypto payload (interpretation F3): dropped silently too.
    kCryptoMissing,
    kCryptoTruncated,
    kCryptoLength,
    kCryptoNextPayload,
    // Payloads: an Invalid Message.
    kPayloadTruncated,
    kPayloadLength,
    kPayloadMisplaced,
    kTooManyPayloads,
    kTrailingOctets,
    kDoi,
    kSituation,
    kSubstructureTruncated,
    kSubstructureLength,
    kSubstructureType,
    kTransformCount,
    kAttributeTruncated,
    kTooManyProposals,
    kTooManyTransforms,
    kTooManyAttributes,
};

// "payload-truncated": stable, for counters and JSON.
std::string_view name(ParseReason reason);
// One line for people: what is wrong.
std::string_view explain(ParseReason reason);

struct ParseError {
    ParseReason reason{};
    std::size_t offset = 0;  // octets from the start of the datagram to the field at fault

    // "payload ends before its fixed fields (octet 42)".
    std::string to_string() const;
    bool operator==(const ParseError&) const = default;
};

enum class BuildReason : std::uint8_t {
    kPayloadTooLong,  // over 65535 octets with its header
    kFieldTooLong,    // SPI, number of transforms or SPIs, attribute type or value beyond its field
    kMessageTooLong,  // over what a UDP datagram holds
    kCryptoIv,        // an unencrypted message whose IV is neither absent nor 8 octets
};

struct BuildError {
    BuildReason reason{};

    std::string to_string() const;
    bool operator==(const BuildError&) const = default;
};

}  // namespace keyline::wire
