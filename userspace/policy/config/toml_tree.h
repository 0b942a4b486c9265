// A TOML document as a plain tree with positions. The one place that knows toml++.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace keyline::policy::config {

// Both count from 1; line 0 stands for the document as a whole.
struct Position {
    std::uint32_t line = 0;
    std::uint32_t column = 0;

    auto operator<=>(const Position&) const = default;
};

struct TomlMember;

struct TomlNode {
    enum class Kind : std::uint8_t { kString, kInteger, kBoolean, kArray, kTable, kOther };

    Kind kind = Kind::kOther;
    Position position;  // of the value; of a table its header or brace
    std::string text;   // kString; for kOther the name of the TOML type
    std::int64_t integer = 0;
    bool boolean = false;
    std::vector<TomlNode> items;      // kArray
    std::vector<TomlMember> members;  // kTable

    // nullptr when the table has no such key.
    const TomlMember* find(std::string_view key) const;
};

struct TomlMember {
    std::string key;
    Position position;
    TomlNode value;
};

struct SyntaxError {
    Position position;
    std::string text;
};

// The root table, or the first thing in `text` that is not TOML 1.0.
std::expected<TomlNode, SyntaxError> parse_toml(std::string_view text);

}  // namespace keyline::policy::config
