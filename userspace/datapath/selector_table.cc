#include "datapath/selector_table.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>
#include <tuple>

#include "datapath/convert.h"
#include "datapath/mask_plan.h"

namespace keyline::datapath {
namespace {

constexpr std::size_t kFamilies = 2;      // IPv4, IPv6: the order of kl_table_header
constexpr std::uint32_t kWantedLoad = 3;  // groups per bucket of KL_BUCKET_WAYS

TupleWords words_of(const kl_tuple& tuple) {
    TupleWords words;
    static_assert(sizeof(words) == sizeof(tuple));
    std::memcpy(words.data(), &tuple, sizeof(tuple));
    return words;
}

TupleWords mask_of(const policy::Selector& selector) {
    kl_address ones{};
    std::ranges::fill(ones.octets, std::uint8_t{0xff});
    kl_tuple mask{};
    kl_mask_address(&mask.local, &ones, selector.local.length);
    kl_mask_address(&mask.remote, &ones, selector.remote.length);
    mask.family = 0xff;
    if (selector.protocol != 0) {
        mask.protocol = 0xff;
    }
    if (selector.local_port != 0) {
        mask.local_port = 0xffff;
    }
    if (selector.remote_port != 0) {
        mask.remote_port = 0xffff;
    }
    return words_of(mask);
}

struct Item {
    TupleWords value{};
    std::uint32_t exact = 0;  // index of the exact mask in its family
    std::uint32_t rule = 0;
    std::uint32_t precedence = 0;
    std::uint32_t search = 0;  // number of the search mask in its family
    std::uint64_t hash = 0;    // under the search mask: names the group
    std::uint8_t family = 0;
    std::uint8_t local_prefix = 0;
    std::uint8_t remote_prefix = 0;

    int kl_family() const { return family == 0 ? KL_FAMILY_V4 : KL_FAMILY_V6; }
};

class Compiler {
  public:
    explicit Compiler(std::span<const RuleSelector> selectors) {
        header_.selectors = static_cast<std::uint32_t>(selectors.size());
        read(selectors);
        drop_repeated();
        plan();
    }

    std::vector<TableCell> compile() {
        reserve_masks();
        for (std::size_t family = 0; family < kFamilies; ++family) {
            place_pruning(family);
        }
        // Groups that one seed confuses are told apart by another.
        const std::size_t fixed = cells_.size();
        while (!group() || !place_groups()) {
            cells_.resize(fixed);
            ++seed_;
        }
        place_masks();
        put(0, header_);
        return std::move(cells_);
    }

  private:
    template <typename Cell>
    void put(std::size_t index, const Cell& cell) {
        static_assert(sizeof(Cell) == sizeof(TableCell));
        std::memcpy(&cells_[index], &cell, sizeof(cell));
    }

    // The index of the first of `count` new cells of zeros.
    std::uint32_t reserve(std::size_t count) {
        const auto first = static_cast<std::uint32_t>(cells_.size());
        cells_.resize(cells_.size() + count);
        return first;
    }

    void read(std::span<const RuleSelector> selectors) {
        std::array<std::map<TupleWords, std::uint32_t>, kFamilies> known;
        items_.reserve(selectors.size());
        for (const RuleSelector& source : selectors) {
            const policy::Selector& selector = source.selector;
            Item item;
            item.value = words_of(selector_tuple(selector));
            item.rule = source.rule;
            item.precedence = source.precedence;
            item.family = selector.family() == Family::kIpv4 ? 0 : 1;
            item.local_prefix = selector.local.length;
            item.remote_prefix = selector.remote.length;
            std::vector<ExactMask>& masks = exact_[item.family];
            const TupleWords mask = mask_of(selector);
            const auto [place, fresh] =
                known[item.family].try_emplace(mask, static_cast<std::uint32_t>(masks.size()));
            if (fresh) {
                masks.push_back({mask, {}, item.precedence});
            }
            item.exact = place->second;
            masks[item.exact].best_precedence = std::min(masks[item.exact].best_precedence, item.precedence);
            if (selector.protocol != 0) {
                header_.flags |= KL_TABLE_PORTS;
            }
            items_.push_back(item);
        }
    }

    // Of equal selectors only the first in precedence can ever match.
    void drop_repeated() {
        std::ranges::sort(items_, [](const Item& a, const Item& b) {
            return std::tie(a.family, a.exact, a.value, a.precedence) <
                   std::tie(b.family, b.exact, b.value, b.precedence);
        });
        const auto repeated = std::ranges::unique(items_, [](const Item& a, const Item& b) {
            return a.family == b.family && a.exact == b.exact && a.value == b.value;
        });
        items_.erase(repeated.begin(), repeated.end());
    }

    // The items are in the order of their exact masks.
    void plan() {
        std::vector<TupleWords> values;
        values.reserve(items_.size());
        for (const Item& item : items_) {
            values.push_back(item.value);
        }
        for (std::size_t i = 0; i < items_.size(); ++i) {
            std::span<const TupleWords>& of_mask = exact_[items_[i].family][items_[i].exact].values;
            of_mask = {of_mask.empty() ? &values[i] : of_mask.data(), of_mask.size() + 1};
        }
        for (std::size_t family = 0; family < kFamilies; ++family) {
            plan_[family] = plan_masks(exact_[family]);
        }
        for (Item& item : items_) {
            item.search = plan_[item.family].search_of[item.exact];
        }
        for (auto& masks : exact_) {
            for (ExactMask& mask : masks) {
                mask.values = {};
            }
        }
    }

    void reserve_masks() {
        for (std::size_t family = 0; family < kFamilies; ++family) {
            header_.families[family].mask_count = static_cast<std::uint32_t>(plan_[family].search.size());
            header_.families[family].masks = reserve(plan_[family].search.size());
            exact_cells_[family] = reserve(exact_[family].size());
        }
    }

    void place_masks() {
        for (std::size_t family = 0; family < kFamilies; ++family) {
            const std::vector<SearchMask>& search = plan_[family].search;
            for (std::uint32_t i = 0; i < search.size(); ++i) {
                put_mask(header_.families[family].masks + i, search[i].words, search[i].best_precedence,
                         salt(family, i));
            }
            for (std::size_t i = 0; i < exact_[family].size(); ++i) {
                const ExactMask& mask = exact_[family][i];
                put_mask(exact_cells_[family] + i, mask.words, mask.best_precedence, 0);
            }
        }
    }

    std::uint64_t salt(std::size_t family, std::uint32_t search) const {
        return kl_hash_step(seed_ + 1, family * KL_MAX_MASKS + search + 1);
    }

    void put_mask(std::size_t index, const TupleWords& words, std::uint32_t best_precedence,
                  std::uint64_t mask_salt) {
        kl_table_mask mask{};
        mask.salt = mask_salt;
        std::ranges::copy(words, mask.words);
        mask.best_precedence = best_precedence;
        put(index, mask);
    }

    void place_pruning(std::size_t family) {
        kl_table_family& head = header_.families[family];
        if (head.mask_count < 2) {
            return;
        }
        const unsigned enough = family == 0 ? KL_PRUNE_PREFIX_V4 : KL_PRUNE_PREFIX_V6;
        std::vector<std::uint64_t> remote(KL_PRUNE_INDEXES), local(KL_PRUNE_INDEXES);
        std::uint64_t always_remote = 0, always_local = 0;
        for (const Item& item : items_) {
            if (item.family != family) {
                continue;
            }
            kl_tuple tuple;
            std::memcpy(&tuple, item.value.data(), sizeof(tuple));
            const std::uint64_t bit = std::uint64_t{1} << item.search;
            std::uint64_t& at_remote = item.remote_prefix < enough
                                           ? always_remote
                                           : remote[kl_prune_index(&tuple.remote, item.kl_family())];
            std::uint64_t& at_local = item.local_prefix < enough
                                          ? always_local
                                          : local[kl_prune_index(&tuple.local, item.kl_family())];
            at_remote |= bit;
            at_local |= bit;
        }
        head.prune_remote = put_bitmaps(remote, always_remote, head.mask_count);
        head.prune_local = put_bitmaps(local, always_local, head.mask_count);
    }

    // 0 where every mask could always match, so that bitmaps would tell nothing.
    std::uint32_t put_bitmaps(const std::vector<std::uint64_t>& bitmaps, std::uint64_t always,
                              std::uint32_t mask_count) {
        if (std::popcount(always) == static_cast<int>(mask_count)) {
            return 0;
        }
        const std::uint32_t first = reserve(KL_PRUNE_CELLS);
        for (std::size_t i = 0; i < bitmaps.size(); ++i) {
            cells_[first + i / 8].words[i % 8] = bitmaps[i] | always;
        }
        return first;
    }

    TupleWords group_key(const Item& item) const {
        return masked(item.value, plan_[item.family].search[item.search].words);
    }

    // Sorts the items by group and, in it, by precedence. False when two groups have one hash.
    bool group() {
        for (Item& item : items_) {
            const TupleWords key = group_key(item);
            item.hash = kl_hash_tuple(salt(item.family, item.search), key.data(), item.kl_family());
        }
        std::ranges::sort(items_, [](const Item& a, const Item& b) {
            return a.hash != b.hash ? a.hash < b.hash : a.precedence < b.precedence;
        });
        const auto confused = [this](const Item& a, const Item& b) {
            return a.hash == b.hash &&
                   (a.family != b.family || a.search != b.search || group_key(a) != group_key(b));
        };
        return std::ranges::adjacent_find(items_, confused) == items_.end();
    }

    bool starts_group(std::size_t i) const { return i == 0 || items_[i].hash != items_[i - 1].hash; }

    // False when two groups on one chain of buckets have one fingerprint, or a chain grew too long.
    bool place_groups() {
        const std::uint32_t first = reserve(items_.size());
        std::vector<std::size_t> starts;
        for (std::size_t i = 0; i < items_.size(); ++i) {
            if (starts_group(i)) {
                starts.push_back(i);
            }
            put(first + i, entry_of(items_[i], i + 1 == items_.size() || starts_group(i + 1)));
        }
        const std::uint32_t buckets =
            std::bit_ceil(static_cast<std::uint32_t>(starts.size()) / kWantedLoad + 1);
        header_.buckets = reserve(buckets);
        header_.bucket_mask = buckets - 1;
        return std::ranges::all_of(starts, [&](std::size_t i) {
            return place_group(items_[i].hash, first + static_cast<std::uint32_t>(i));
        });
    }

    kl_table_entry entry_of(const Item& item, bool last) const {
        kl_table_entry entry{};
        std::ranges::copy(item.value, entry.value);
        entry.mask = exact_cells_[item.family] + item.exact;
        entry.flags = last ? KL_ENTRY_LAST : 0;
        entry.precedence = item.precedence;
        entry.rule = item.rule;
        return entry;
    }

    bool place_group(std::uint64_t hash, std::uint32_t entry) {
        std::uint32_t cell = header_.buckets + (static_cast<std::uint32_t>(hash) & header_.bucket_mask);
        for (int depth = 0; depth < KL_BUCKET_CHAIN; ++depth) {
            kl_table_bucket bucket;
            std::memcpy(&bucket, &cells_[cell], sizeof(bucket));
            for (kl_table_way& way : bucket.ways) {
                if (way.entry == 0) {
                    way = {kl_fingerprint(hash), entry};
                    put(cell, bucket);
                    return true;
                }
                if (way.fingerprint == kl_fingerprint(hash)) {
                    return false;
                }
            }
            if (bucket.next == 0) {
                bucket.next = reserve(1);
                put(cell, bucket);
            }
            cell = bucket.next;
        }
        return false;
    }

    std::vector<TableCell> cells_{1};
    kl_table_header header_{};
    std::uint64_t seed_ = 0;
    std::vector<Item> items_;
    std::array<std::vector<ExactMask>, kFamilies> exact_;
    std::array<MaskPlan, kFamilies> plan_;
    std::array<std::uint32_t, kFamilies> exact_cells_{};
};

}  // namespace

std::vector<TableCell> compile_selectors(std::span<const RuleSelector> selectors) {
    return Compiler(selectors).compile();
}

}  // namespace keyline::datapath
