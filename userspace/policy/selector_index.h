// Many selectors, the first of which that contains another is found without looking at all of them (tuple
// space search: one hash table per shape, that is per combination of prefix lengths and set fields).
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "policy/selector.h"

namespace keyline::policy {

class SelectorIndex {
  public:
    // Where an entry stands: the owner's position decides precedence, `item` is the selector's number within
    // it.
    struct Place {
        std::uint32_t owner = 0;
        std::uint32_t item = 0;
        auto operator<=>(const Place&) const = default;
    };

    // Places come in ascending order; of equal selectors the first stays.
    void add(const Selector& selector, Place place);
    // The lowest place whose selector contains `narrower`.
    std::optional<Place> first_containing(const Selector& narrower) const;

  private:
    struct Shape {
        Family family = Family::kIpv4;
        std::uint8_t local_length = 0;
        std::uint8_t remote_length = 0;
        bool protocol = false;
        bool local_port = false;
        bool remote_port = false;
        bool operator==(const Shape&) const = default;
    };
    struct Table {
        Shape shape;
        Place lowest;
        std::unordered_map<Selector, Place, SelectorHash> entries;
    };

    static Shape shape_of(const Selector& selector);
    // The selector of this shape that contains `narrower`; nullopt when the shape is narrower than that.
    static std::optional<Selector> widened(const Selector& narrower, const Shape& shape);

    std::vector<Table> tables_;  // in the order of their lowest places
};

}  // namespace keyline::policy
