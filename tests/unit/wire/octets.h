// Shorthand for tests that write messages down in hexadecimal.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "wire/message.h"

namespace keyline::wire::test {

// Octets from hexadecimal digits with spaces anywhere.
inline Bytes hex(std::string_view digits) {
    std::string dense;
    for (const char digit : digits) {
        if (digit != ' ' && digit != '\n') dense.push_back(digit);
    }
    return from_hex(dense).value();
}

inline Bytes read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

// A datagram: an ISAKMP header with fixed cookies and the right Length, then `rest`.
inline Bytes datagram(PayloadType first, ByteView rest, ExchangeType exchange = ExchangeType::kMainMode,
                      std::uint8_t flags = 0) {
    Bytes octets = hex("0102030405060708 1112131415161718");
    octets.push_back(static_cast<std::uint8_t>(first));
    octets.push_back(kVersion1);
    octets.push_back(static_cast<std::uint8_t>(exchange));
    octets.push_back(flags);
    append_be32(octets, 0);
    append_be32(octets, static_cast<std::uint32_t>(kHeaderSize + rest.size()));
    append(octets, rest);
    return octets;
}

}  // namespace keyline::wire::test
