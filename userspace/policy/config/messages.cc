#include "policy/config/messages.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace keyline::policy::config {

namespace {

constexpr std::size_t kMaxMessages = 100;

// What a file holds must not write to a terminal or start a new line in a log.
std::string printable(std::string_view text) {
    std::string result;
    for (const char letter : text) {
        const auto octet = static_cast<unsigned char>(letter);
        result.push_back(octet < 0x20 || octet == 0x7f ? '?' : letter);
    }
    return result;
}

std::vector<ConfigMessage> in_file_order(std::vector<ConfigMessage> messages) {
    std::ranges::stable_sort(
        messages, {}, [](const ConfigMessage& message) { return std::tuple(message.line, message.column); });
    if (messages.size() > kMaxMessages) {
        ConfigMessage rest;
        rest.file = messages.front().file;
        rest.text = std::to_string(messages.size() - kMaxMessages) + " more of the kind are not shown";
        messages.resize(kMaxMessages);
        messages.push_back(std::move(rest));
    }
    return messages;
}

}  // namespace

ConfigMessage Messages::message(Position position, std::string_view key, std::string_view text) const {
    return {file_, position.line, position.column, printable(key), printable(text)};
}

void Messages::error(Position position, std::string_view key, std::string_view text) {
    errors_.push_back(message(position, key, text));
}

void Messages::warning(Position position, std::string_view key, std::string_view text) {
    warnings_.push_back(message(position, key, text));
}

std::vector<ConfigError> Messages::take_errors() { return in_file_order(std::exchange(errors_, {})); }

std::vector<ConfigWarning> Messages::take_warnings() { return in_file_order(std::exchange(warnings_, {})); }

std::string in_quotes(std::string_view text) {
    constexpr std::size_t kShown = 60;
    std::string result = "\"";
    result.append(text.substr(0, kShown)).append(text.size() > kShown ? "...\"" : "\"");
    return result;
}

}  // namespace keyline::policy::config
