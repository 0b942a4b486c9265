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
    std::string name;   // the RFC's field name; UTF-8, printable
    std::string value;  // may be empty; octets in hexadecimal, never shortened
    std::vector<Node> children;

    bool operator==(const Node&) const = default;
};

// A datagram as far as it can be read. A malformed one gives what could be read and a child "error".
Node describe(ByteView datagram);
Node describe(const Header& header);
// The payloads of a message, for example of a decrypted one: one child each.
Node describe(std::span<const Payload> payloads);

// Indented lines, one per node; long octet strings are shortened.
std::string to_text(const Node& node);

enum class Sender : std::uint8_t { kUnknown, kInitiator, kResponder };  // of the main mode

// "SA, Auth, Ni, VID ×5, NATD ×2": the names of MS-AIPS figures 4 to 33, equal neighbours counted. Without a
// known sender nonces and hashes are "NONCE" and "HASH".
std::string summarize(ExchangeType exchange, Sender sender, std::span<const Payload> payloads);

}  // namespace keyline::wire
