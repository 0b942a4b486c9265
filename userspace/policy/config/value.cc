#include "policy/config/value.h"

#include <algorithm>

#include "policy/config/nearest.h"
#include "policy/config/units.h"

namespace keyline::policy::config {

namespace {

std::string describe(const TomlNode& node) {
    switch (node.kind) {
        case TomlNode::Kind::kString:
            return in_quotes(node.text);
        case TomlNode::Kind::kInteger:
            return "the integer " + std::to_string(node.integer);
        case TomlNode::Kind::kBoolean:
            return node.boolean ? "the boolean true" : "the boolean false";
        case TomlNode::Kind::kArray:
            return "an array";
        case TomlNode::Kind::kTable:
            return "a table";
        case TomlNode::Kind::kOther:
            return node.text;
    }
    return {};
}

std::string list_of(std::span<const std::string_view> words) {
    std::string list;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i != 0) list += i + 1 == words.size() ? " or " : ", ";
        list += in_quotes(words[i]);
    }
    return list;
}

bool is_name_letter(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || letter == '.' || letter == '_' || letter == '-';
}

}  // namespace

std::string did_you_mean(std::string_view word, std::span<const std::string_view> words) {
    const auto meant = nearest(word, words);
    return meant ? "; did you mean " + in_quotes(*meant) + "?" : "";
}

void Value::error_expected(std::string_view what) const {
    error(std::string("expected ").append(what).append(", found ").append(describe(*node_)));
}

std::optional<std::string> Value::text() const {
    if (node_->kind == TomlNode::Kind::kString) return node_->text;
    error_expected("a string in double quotes");
    return std::nullopt;
}

std::optional<bool> Value::boolean() const {
    if (node_->kind == TomlNode::Kind::kBoolean) return node_->boolean;
    error_expected("true or false, without quotes");
    return std::nullopt;
}

std::optional<std::int64_t> Value::integer(std::int64_t least, std::int64_t most) const {
    if (node_->kind == TomlNode::Kind::kInteger && node_->integer >= least && node_->integer <= most) {
        return node_->integer;
    }
    error_expected("an integer from " + std::to_string(least) + " to " + std::to_string(most));
    return std::nullopt;
}

std::optional<std::chrono::milliseconds> Value::duration(std::chrono::milliseconds least,
                                                         std::chrono::milliseconds most) const {
    const auto duration = node_->kind == TomlNode::Kind::kString ? parse_duration(node_->text) : std::nullopt;
    if (!duration) {
        error_expected(R"(a duration such as "90s", "30m", "8h" or "7d")");
        return std::nullopt;
    }
    if (*duration < least || *duration > most) {
        error_expected("a duration from " + in_quotes(format_duration(least)) + " to " +
                       in_quotes(format_duration(most)));
        return std::nullopt;
    }
    return duration;
}

std::optional<std::uint64_t> Value::size(std::uint64_t least) const {
    const auto size = node_->kind == TomlNode::Kind::kString ? parse_size(node_->text) : std::nullopt;
    if (size && *size >= least) return size;
    error_expected(least == 1 ? R"(a size such as "100MB" or "4GiB")"
                              : "a size of at least " + std::to_string(least) + R"( octets, such as "1MB")");
    return std::nullopt;
}

std::optional<std::uint64_t> Value::size_or_none(std::uint64_t least) const {
    return node_->text == "none" ? 0 : size(least);
}

std::optional<IpAddress> Value::address() const {
    const auto address =
        node_->kind == TomlNode::Kind::kString ? IpAddress::parse(node_->text) : std::nullopt;
    if (!address) error_expected(R"(an address such as "192.0.2.1" or "2001:db8::1")");
    return address;
}

std::optional<Prefix> Value::prefix() const {
    if (node_->kind != TomlNode::Kind::kString) {
        error_expected(R"(an address or prefix such as "192.0.2.1" or "10.0.0.0/8")");
        return std::nullopt;
    }
    const auto prefix = Prefix::parse(node_->text);
    if (prefix) return prefix;
    // The likeliest slip is an address with the length of its network.
    const std::string_view written = node_->text;
    const std::size_t slash = written.find('/');
    const auto address = IpAddress::parse(written.substr(0, slash));
    if (address && slash != std::string_view::npos) {
        for (unsigned length = 0; length <= address->bits(); ++length) {
            if (written.substr(slash + 1) != std::to_string(length)) continue;
            const Prefix network{address->masked(length), static_cast<std::uint8_t>(length)};
            error("bits are set in " + in_quotes(written) + " beyond the prefix length; did you mean " +
                  in_quotes(network.to_string()) + "?");
            return std::nullopt;
        }
    }
    error_expected(R"(an address or prefix such as "192.0.2.1" or "10.0.0.0/8")");
    return std::nullopt;
}

std::optional<std::size_t> Value::word(std::span<const std::string_view> words) const {
    if (node_->kind == TomlNode::Kind::kString) {
        const auto found = std::ranges::find(words, node_->text);
        if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
    }
    std::string text = "expected " + list_of(words) + ", found " + describe(*node_);
    if (node_->kind == TomlNode::Kind::kString) text += did_you_mean(node_->text, words);
    error(text);
    return std::nullopt;
}

std::optional<std::string> Value::name(std::size_t longest) const {
    if (node_->kind == TomlNode::Kind::kString && !node_->text.empty() && node_->text.size() <= longest &&
        node_->text.front() != '-' && std::ranges::all_of(node_->text, is_name_letter)) {
        return node_->text;
    }
    error_expected("a name of at most " + std::to_string(longest) + " letters, digits, '.', '_' or '-'");
    return std::nullopt;
}

std::vector<Value> Value::items() const {
    if (node_->kind != TomlNode::Kind::kArray) return {*this};
    std::vector<Value> values;
    values.reserve(node_->items.size());
    for (std::size_t i = 0; i < node_->items.size(); ++i) {
        values.emplace_back(node_->items[i], path_ + '[' + std::to_string(i + 1) + ']', *messages_);
    }
    return values;
}

std::vector<Value> Value::tables() const {
    if (node_->kind != TomlNode::Kind::kArray) {
        error_expected("an array of tables");
        return {};
    }
    std::vector<Value> values = items();
    std::erase_if(values, [](const Value& item) {
        if (!item.is_table()) item.error_expected("a table");
        return !item.is_table();
    });
    return values;
}

std::optional<Value> Value::member(std::string_view key) const {
    const TomlMember* const found = node_->find(key);
    if (!found) return std::nullopt;
    return member(*found);
}

Value Value::member(const TomlMember& of_this) const {
    return {of_this.value, path_.empty() ? of_this.key : path_ + '.' + of_this.key, *messages_};
}

void Value::error_unknown(const TomlMember& unknown, std::span<const std::string_view> known) const {
    const std::string hint = did_you_mean(unknown.key, known);
    messages_->error(unknown.position, member(unknown).path(),
                     "unknown key" + (hint.empty() ? "; expected " + list_of(known) : hint));
}

}  // namespace keyline::policy::config
