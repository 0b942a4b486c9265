#include "wire/describe.h"

#include <fmt/format.h>

#include <algorithm>

#include "wire/names.h"
#include "wire/parse.h"

namespace keyline::wire {
namespace {

constexpr std::size_t kLongestHex = 96;    // digits that to_text shows in full
constexpr std::size_t kShortenedHex = 64;  // digits it shows of longer ones

Node error_node(const ParseError& error) { return {"Error", error.to_string(), {}}; }

std::string with_number(const std::string& name, std::uint8_t number) {
    return fmt::format("{} (0x{:02x})", name, number);
}

// The Crypto payload's own fields; what it holds follows as siblings, as it does on the wire.
Node describe_crypto(const CryptoFrame& frame) {
    Node node{"Crypto Payload", {}, {{"seqNUM", std::to_string(frame.sequence), {}}}};
    if (!frame.iv.empty()) node.children.push_back({"Initialization_Vector", to_hex(frame.iv), {}});
    return node;
}

bool is_hex(const std::string& text) {
    return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

void append_text(std::string& to, const Node& node, std::size_t depth) {
    to.append(2 * depth, ' ');
    to += node.name;
    if (!node.value.empty()) {
        to += ": ";
        if (node.value.size() > kLongestHex && is_hex(node.value)) {
            to +=
                fmt::format("{}... ({} octets)", node.value.substr(0, kShortenedHex), node.value.size() / 2);
        } else {
            to += node.value;
        }
    }
    to += '\n';
    for (const Node& child : node.children)
        append_text(to, child, depth + 1);
}

}  // namespace

Node describe(const Header& header) {
    std::string flags = fmt::format("0x{:02x}", header.flags);
    if (header.flags != 0) flags += fmt::format(" ({})", fmt::join(header_flag_names(header.flags), ", "));
    return {
        "ISAKMP Header",
        {},
        {{"Initiator Cookie", to_hex(header.initiator_cookie), {}},
         {"Responder Cookie", to_hex(header.responder_cookie), {}},
         {"Next Payload",
          with_number(payload_name(header.next_payload), static_cast<std::uint8_t>(header.next_payload)),
          {}},
         {"Version", fmt::format("{}.{}", header.version >> 4, header.version & 0xF), {}},
         {"Exchange Type",
          with_number(exchange_name(header.exchange_type), static_cast<std::uint8_t>(header.exchange_type)),
          {}},
         {"Flags", std::move(flags), {}},
         {"Message ID", fmt::format("0x{:08x}", header.message_id), {}},
         {"Length", std::to_string(header.length), {}}}};
}

Node describe(ByteView datagram) {
    Node root{"ISAKMP Message", fmt::format("{} octets", datagram.size()), {}};
    const auto header = read_header(datagram);
    if (!header) {
        root.children.push_back(error_node(header.error()));
        return root;
    }
    root.children.push_back(describe(*header));
    if (const auto checked = parse_header(datagram); !checked) {
        root.children.push_back(error_node(checked.error()));
        if (checked.error().reason == ParseReason::kMajorVersion) return root;  // another protocol's payloads
    }

    ByteView rest = datagram.subspan(kHeaderSize);
    std::size_t rest_offset = kHeaderSize;
    PayloadType first = header->next_payload;
    if (header->needs_crypto_payload()) {
        const auto frame = parse_crypto_frame(datagram, *header);
        if (!frame) {
            root.children.push_back(error_node(frame.error()));
            return root;
        }
        root.children.push_back(describe_crypto(*frame));
        rest = frame->rest;
        rest_offset = frame->rest_offset;
        first = frame->first_payload;
    }
    if (header->encrypted()) {
        root.children.push_back({"Encrypted Payloads", to_hex(rest), {}});
        return root;
    }
    const ReadablePayloads read = read_payloads(rest, first, header->dialect(), rest_offset);
    for (const Payload& payload : read.payloads)
        root.children.push_back(describe(payload));
    if (read.error) root.children.push_back(error_node(*read.error));
    return root;
}

std::string to_text(const Node& node) {
    std::string text;
    append_text(text, node, 0);
    return text;
}

}  // namespace keyline::wire
