// One value of the file with its key path: typed readings that report what is wrong where it stands.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "policy/config/messages.h"
#include "policy/config/toml_tree.h"
#include "policy/names.h"

namespace keyline::policy::config {

// Every reading gives nullopt when it has reported an error. A Value refers to its node and messages; cheap
// to copy.
class Value {
  public:
    Value(const TomlNode& node, std::string path, Messages& messages)
        : node_(&node), path_(std::move(path)), messages_(&messages) {}

    const std::string& path() const { return path_; }
    const TomlNode& node() const { return *node_; }
    bool is_table() const { return node_->kind == TomlNode::Kind::kTable; }

    void error(std::string_view text) const { messages_->error(node_->position, path_, text); }
    void warning(std::string_view text) const { messages_->warning(node_->position, path_, text); }
    // "expected WHAT, found ..."
    void error_expected(std::string_view what) const;

    std::optional<std::string> text() const;
    std::optional<bool> boolean() const;
    std::optional<std::int64_t> integer(std::int64_t least, std::int64_t most) const;
    std::optional<std::chrono::milliseconds> duration(std::chrono::milliseconds least,
                                                      std::chrono::milliseconds most) const;
    // Octets, at least `least`.
    std::optional<std::uint64_t> size(std::uint64_t least = 1) const;
    // The same, or 0 for "none".
    std::optional<std::uint64_t> size_or_none(std::uint64_t least = 1) const;
    std::optional<IpAddress> address() const;
    std::optional<Prefix> prefix() const;
    // One of the words; an error lists them and proposes the nearest.
    std::optional<std::size_t> word(std::span<const std::string_view> words) const;
    template <class Named, std::size_t kCount>
    auto one_of(const Named (&names)[kCount]) const -> std::optional<decltype(Named::value)>;
    // Letters, digits, '.', '_' and '-', at most `longest`, not starting with '-'.
    std::optional<std::string> name(std::size_t longest) const;

    // The elements of an array; anything else stands for a list of itself.
    std::vector<Value> items() const;
    // The tables of an array of tables; what is none is reported and left out.
    std::vector<Value> tables() const;
    // A member of a table; nullopt when absent, which is no error.
    std::optional<Value> member(std::string_view key) const;
    Value member(const TomlMember& of_this) const;
    // Reports the member as none of the known keys.
    void error_unknown(const TomlMember& unknown, std::span<const std::string_view> known) const;

  private:
    const TomlNode* node_;
    std::string path_;
    Messages* messages_;
};

// "; did you mean "x"?" when one of the words is near, else nothing.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> words);

template <class Named, std::size_t kCount>
auto Value::one_of(const Named (&names)[kCount]) const -> std::optional<decltype(Named::value)> {
    std::string_view words[kCount];
    for (std::size_t i = 0; i < kCount; ++i)
        words[i] = names[i].name;
    const auto index = word(words);
    if (!index) return std::nullopt;
    return names[*index].value;
}

// Assigns what a reading gave, if it gave anything.
template <class To, class From>
void assign(To& to, const std::optional<From>& reading) {
    if (reading) to = static_cast<To>(*reading);
}

}  // namespace keyline::policy::config
