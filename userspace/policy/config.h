// Loads `keyline.toml` (docs/keyline.toml.md) into a Policy. Reports everything that is wrong with a file at
// once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "policy/policy.h"

namespace keyline::policy {

inline constexpr std::size_t kMaxConfigOctets = 64 << 20;

// Something wrong, or doubtful, at one place of a file.
struct ConfigMessage {
    std::string file;          // as the caller named it
    std::uint32_t line = 0;    // from 1; 0: the file as a whole
    std::uint32_t column = 0;  // from 1
    std::string key;           // "rule[2].action", arrays counted from 1; empty: no particular key
    std::string text;          // what was expected and found, and the nearest known key or value

    // "keyline.toml:12:3: rule[2].acton: unknown key; did you mean "action"?"
    std::string to_string() const;
    bool operator==(const ConfigMessage&) const = default;
};
using ConfigError = ConfigMessage;
using ConfigWarning = ConfigMessage;

struct LoadResult {
    Policy policy;
    std::vector<ConfigWarning> warnings;
};
using LoadOutcome = std::expected<LoadResult, std::vector<ConfigError>>;

// `running`, when given, is the policy in force: rules that it has too keep their ids. Errors are in file
// order.
LoadOutcome load_file(const std::filesystem::path& path, const Policy* running = nullptr);
// `name` stands for the file in messages.
LoadOutcome load_text(std::string_view text, std::string_view name, const Policy* running = nullptr);

// Every key the loader knows, "table.key" in the order of the documentation: "host.listen", "rule.action".
std::vector<std::string> known_keys();

}  // namespace keyline::policy
