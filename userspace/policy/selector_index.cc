#include "policy/selector_index.h"

#include <algorithm>

namespace keyline::policy {

void SelectorIndex::add(const Selector& selector, Place place) {
    const Shape shape = shape_of(selector);
    auto table = std::ranges::find(tables_, shape, &Table::shape);
    if (table == tables_.end()) table = tables_.insert(tables_.end(), {shape, place, {}});
    table->entries.try_emplace(selector, place);
}

std::optional<SelectorIndex::Place> SelectorIndex::first_containing(const Selector& narrower) const {
    std::optional<Place> first;
    for (const Table& table : tables_) {
        if (first && *first < table.lowest) break;
        const auto key = widened(narrower, table.shape);
        if (!key) continue;
        const auto entry = table.entries.find(*key);
        if (entry != table.entries.end() && (!first || entry->second < *first)) first = entry->second;
    }
    return first;
}

SelectorIndex::Shape SelectorIndex::shape_of(const Selector& selector) {
    return {
        .family = selector.family(),
        .local_length = selector.local.length,
        .remote_length = selector.remote.length,
        .protocol = selector.protocol != 0,
        .local_port = selector.local_port != 0,
        .remote_port = selector.remote_port != 0,
    };
}

std::optional<Selector> SelectorIndex::widened(const Selector& narrower, const Shape& shape) {
    if (narrower.family() != shape.family || narrower.local.length < shape.local_length ||
        narrower.remote.length < shape.remote_length) {
        return std::nullopt;
    }
    return Selector{
        .local = {narrower.local.address.masked(shape.local_length), shape.local_length},
        .remote = {narrower.remote.address.masked(shape.remote_length), shape.remote_length},
        .protocol = shape.protocol ? narrower.protocol : std::uint8_t{0},
        .local_port = shape.local_port ? narrower.local_port : std::uint16_t{0},
        .remote_port = shape.remote_port ? narrower.remote_port : std::uint16_t{0},
    };
}

}  // namespace keyline::policy
