// Messages as people read them: a tree of named fields, its text, and the one-line summary of a ladder. Any
// octets may be given; what they hold is escaped and cannot break the output.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "wire/message.h"

namespace keyline::wire {

struct Node {
    std::string name;   // the RFC's field name
    std::string value;  // printable ASCII, may be empty; octets in hexadecimal, never shortened
    std::vector<Node> children;

    bool operator==(const Node&) const = default;
};

// A datagram as far as it can be read. What is wrong with it is in children named "Error".
Node describe(ByteView datagram);
Node describe(const Header& header);
Node describe(const Payload& payload);

// Indented lines, one per node; long octet strings are shortened.
std::string to_text(const Node& node);

// Of the exchange: who sent its first message.
enum class Sender : std::uint8_t { kUnknown, kInitiator, kResponder };

// "SA, Auth, Ni, VID ×5, NATD ×2": the names of MS-AIPS figures 4 to 33 or of RFC 2409 section 5, equal
// neighbours counted. Where a name depends on a sender that is not known it is "NONCE", "HASH", "ID" or
// "SIG". UTF-8.
std::string summarize(ExchangeType exchange, Sender sender, std::span<const Payload> payloads);

}  // namespace keyline::wire
