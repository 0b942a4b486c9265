// Short ways to write policy values in tests.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "policy/config.h"
#include "policy/policy.h"

namespace keyline::policy {

inline IpAddress address(std::string_view text) { return IpAddress::parse(text).value(); }
inline Prefix prefix(std::string_view text) { return Prefix::parse(text).value(); }

// The policy of a text that must load.
inline Policy policy_of(std::string_view text, const Policy* running = nullptr) {
    auto outcome = load_text(text, "test.toml", running);
    if (!outcome) {
        for (const ConfigError& error : outcome.error())
            ADD_FAILURE() << error.to_string();
        return {};
    }
    return std::move(outcome->policy);
}

// A raw string that starts on its own line, without that first line break.
inline std::string_view lines(std::string_view text) {
    if (text.starts_with('\n')) text.remove_prefix(1);
    return text;
}

inline std::string joined(const std::vector<ConfigMessage>& messages) {
    std::string text;
    for (const ConfigMessage& message : messages)
        text.append(text.empty() ? "" : "\n").append(message.to_string());
    return text;
}

// One warning per line; the text must load.
inline std::string warnings_of(std::string_view text) {
    const auto outcome = load_text(lines(text), "test.toml");
    return outcome ? joined(outcome->warnings) : "does not load:\n" + joined(outcome.error());
}

// One error per line; the text must not load.
inline std::string errors_of(std::string_view text) {
    const auto outcome = load_text(lines(text), "test.toml");
    return outcome ? "loads" : joined(outcome.error());
}

inline constexpr std::string_view kKerberos =
    "[auth.kerberos]\nprincipal = \"host/a.example.com@EXAMPLE.COM\"\n";

}  // namespace keyline::policy
