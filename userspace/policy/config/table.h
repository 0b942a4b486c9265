// A table of the file as a list of its keys, each with the function that reads it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "policy/config/value.h"

namespace keyline::policy::config {

template <class Target>
struct Field {
    std::string_view key;
    void (*read)(const Value& value, Target& target);
};

template <class Target, std::size_t kCount>
constexpr std::array<std::string_view, kCount> keys_of(const Field<Target> (&fields)[kCount]) {
    std::array<std::string_view, kCount> keys;
    for (std::size_t i = 0; i < kCount; ++i)
        keys[i] = fields[i].key;
    return keys;
}

// Reads the fields that the table has, in the order of `fields`.
template <class Target, std::size_t kCount>
void read_fields(const Value& table, const Field<Target> (&fields)[kCount], Target& target) {
    for (const Field<Target>& field : fields) {
        if (const auto value = table.member(field.key)) field.read(*value, target);
    }
}

// The same, and reports every other key.
template <class Target, std::size_t kCount>
void read_table(const Value& table, const Field<Target> (&fields)[kCount], Target& target) {
    if (!table.is_table()) return table.error_expected("a table");
    read_fields(table, fields, target);
    const auto known = keys_of(fields);
    for (const TomlMember& member : table.node().members) {
        if (std::ranges::find(known, member.key) == known.end()) table.error_unknown(member, known);
    }
}

// The same for a table whose members that are tables and no fields are named variants of it: they go to
// `on_variant`.
template <class Target, std::size_t kCount, class OnVariant>
void read_table_with_variants(const Value& table, const Field<Target> (&fields)[kCount], Target& target,
                              const OnVariant& on_variant) {
    if (!table.is_table()) return table.error_expected("a table");
    read_fields(table, fields, target);
    const auto known = keys_of(fields);
    for (const TomlMember& member : table.node().members) {
        if (std::ranges::find(known, member.key) != known.end()) continue;
        if (member.value.kind == TomlNode::Kind::kTable) {
            on_variant(member.key, table.member(member));
        } else {
            table.error_unknown(member, known);
        }
    }
}

// Reads a list of at least one item, none of them twice; what is wrong is reported and left out.
template <class ReadItem>
auto read_list(const Value& list, const ReadItem& read_item) {
    using Item = std::invoke_result_t<ReadItem, const Value&>::value_type;
    std::vector<Item> result;
    std::set<Item> seen;
    const std::vector<Value> items = list.items();
    if (items.empty()) list.error("expected at least one item, found an empty array");
    for (const Value& item : items) {
        const std::optional<Item> reading = read_item(item);
        if (!reading) continue;
        if (seen.insert(*reading).second) {
            result.push_back(*reading);
        } else {
            item.error("is listed twice");
        }
    }
    return result;
}

// Appends "table.key" for every field.
template <class Target, std::size_t kCount>
void list_keys(std::string_view table, const Field<Target> (&fields)[kCount], std::vector<std::string>& to) {
    for (const Field<Target>& field : fields)
        to.push_back(std::string(table) + '.' + std::string(field.key));
}

}  // namespace keyline::policy::config
