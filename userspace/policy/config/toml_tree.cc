#include "policy/config/toml_tree.h"

// toml++ 3.3 asserts, and tells the optimizer in release builds, that keys begin as keys should, and then
// reports those that do not (its pull request 301). Its assertions are left out in every build.
#undef NDEBUG
#define TOML_ASSERT(expression) static_cast<void>(0)
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <algorithm>
#include <array>

#include "policy/config/toml_guard.h"

namespace keyline::policy::config {

namespace {

Position position_of(const toml::source_region& source) {
    return {static_cast<std::uint32_t>(source.begin.line), static_cast<std::uint32_t>(source.begin.column)};
}

std::string_view type_name(const toml::node& node) {
    if (node.is_floating_point()) return "a floating-point number";
    if (node.is_date()) return "a date";
    if (node.is_time()) return "a time";
    return "a date and time";
}

TomlNode convert(const toml::node& node) {
    TomlNode result;
    result.position = position_of(node.source());
    if (const auto* table = node.as_table()) {
        result.kind = TomlNode::Kind::kTable;
        for (const auto& [key, value] : *table) {
            result.members.push_back({std::string(key.str()), position_of(key.source()), convert(value)});
        }
    } else if (const auto* array = node.as_array()) {
        result.kind = TomlNode::Kind::kArray;
        result.items.reserve(array->size());
        for (const toml::node& item : *array)
            result.items.push_back(convert(item));
    } else if (const auto* text = node.as_string()) {
        result.kind = TomlNode::Kind::kString;
        result.text = text->get();
    } else if (const auto* integer = node.as_integer()) {
        result.kind = TomlNode::Kind::kInteger;
        result.integer = integer->get();
    } else if (const auto* boolean = node.as_boolean()) {
        result.kind = TomlNode::Kind::kBoolean;
        result.boolean = boolean->get();
    } else {
        result.text = type_name(node);
    }
    return result;
}

SyntaxError describe(const toml::parse_error& error) {
    constexpr std::string_view kError = "Error ";
    std::string_view description = error.description();
    if (description.starts_with(kError)) description.remove_prefix(kError.size());
    std::string text = "not TOML: " + std::string(description);
    constexpr std::array<std::string_view, 5> kUnquoted{
        "parsing value:", "parsing floating-point:", "parsing integer:", "parsing date:", "parsing time:"};
    if (std::ranges::any_of(kUnquoted, [&](auto part) { return text.find(part) != std::string::npos; })) {
        text += "; words, addresses and durations need double quotes";
    }
    return {position_of(error.source()), std::move(text)};
}

}  // namespace

const TomlMember* TomlNode::find(std::string_view key) const {
    const auto found = std::ranges::find(members, key, &TomlMember::key);
    return found == members.end() ? nullptr : &*found;
}

std::expected<TomlNode, SyntaxError> parse_toml(std::string_view text) {
    if (auto error = find_unsafe_toml(text)) return std::unexpected(std::move(*error));
    const toml::parse_result result = toml::parse(text);
    if (!result) return std::unexpected(describe(result.error()));
    return convert(result.table());
}

}  // namespace keyline::policy::config
