// Searches compiled tables as shared/selector_table.h says, and compares with looking at every selector.
#include "datapath/selector_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <random>

#include "datapath/convert.h"

namespace keyline::datapath {
namespace {

using Cells = std::vector<TableCell>;

template <typename Cell>
Cell cell(const Cells& cells, std::uint32_t index) {
    static_assert(sizeof(Cell) == sizeof(TableCell));
    Cell out;
    std::memcpy(&out, &cells.at(index), sizeof(out));
    return out;
}

std::uint64_t bitmap(const Cells& cells, std::uint32_t first, const kl_address& address, int family) {
    if (first == 0) {
        return ~std::uint64_t{0};
    }
    const std::uint32_t index = kl_prune_index(&address, family);
    return cells.at(first + index / 8).words[index % 8];
}

// A match and what it cost.
struct Found {
    std::uint32_t rule = 0;
    std::uint32_t precedence = ~std::uint32_t{0};
    int probes = 0;
};

// The entries of a group stand in the order of precedence, so the first match is its best.
void search_group(const Cells& cells, std::uint32_t entry_cell, const __u64* words, Found& found) {
    for (;; ++entry_cell) {
        const auto entry = cell<kl_table_entry>(cells, entry_cell);
        const auto exact = cell<kl_table_mask>(cells, entry.mask);
        bool equal = entry.precedence < found.precedence;
        for (int i = 0; i < KL_TUPLE_WORDS; ++i) {
            equal &= (words[i] & exact.words[i]) == entry.value[i];
        }
        if (equal) {
            found.rule = entry.rule;
            found.precedence = entry.precedence;
        }
        if (equal || (entry.flags & KL_ENTRY_LAST) != 0) {
            return;
        }
    }
}

Found search(const Cells& cells, const policy::PacketTuple& packet) {
    const auto header = cell<kl_table_header>(cells, 0);
    const kl_tuple tuple = to_kl(packet);
    const kl_table_family& family = header.families[tuple.family == KL_FAMILY_V6];
    __u64 words[KL_TUPLE_WORDS];
    std::memcpy(words, &tuple, sizeof(words));
    const std::uint64_t candidates = bitmap(cells, family.prune_remote, tuple.remote, tuple.family) &
                                     bitmap(cells, family.prune_local, tuple.local, tuple.family);
    Found found;
    for (std::uint32_t number = 0; number < family.mask_count; ++number) {
        if ((candidates >> number & 1) == 0) {
            continue;
        }
        const auto mask = cell<kl_table_mask>(cells, family.masks + number);
        if (mask.best_precedence >= found.precedence) {
            break;
        }
        ++found.probes;
        __u64 key[KL_TUPLE_WORDS];
        for (int i = 0; i < KL_TUPLE_WORDS; ++i) {
            key[i] = words[i] & mask.words[i];
        }
        const std::uint64_t hash = kl_hash_tuple(mask.salt, key, tuple.family);
        std::uint32_t at = header.buckets + (static_cast<std::uint32_t>(hash) & header.bucket_mask);
        for (int depth = 0; at != 0 && depth < KL_BUCKET_CHAIN; ++depth) {
            const auto bucket = cell<kl_table_bucket>(cells, at);
            for (const kl_table_way& way : bucket.ways) {
                if (way.entry != 0 && way.fingerprint == kl_fingerprint(hash)) {
                    search_group(cells, way.entry, words, found);
                }
            }
            at = bucket.next;
        }
    }
    return found;
}

std::uint32_t look_at_every_one(const std::vector<RuleSelector>& selectors,
                                const policy::PacketTuple& packet) {
    const RuleSelector* best = nullptr;
    for (const RuleSelector& selector : selectors) {
        if (selector.selector.matches(packet) &&
            (best == nullptr || selector.precedence < best->precedence)) {
            best = &selector;
        }
    }
    return best == nullptr ? 0 : best->rule;
}

class Generator {
  public:
    explicit Generator(std::uint32_t seed) : random_(seed) {}

    std::uint32_t below(std::uint32_t limit) { return random_() % limit; }

    IpAddress address(Family family) {
        Bytes octets(family == Family::kIpv4 ? 4 : 16);
        for (std::uint8_t& octet : octets) {
            octet = static_cast<std::uint8_t>(below(256));
        }
        octets[0] = 10;
        return *IpAddress::from_octets(octets);
    }

    Prefix prefix(Family family, std::span<const std::uint8_t> lengths) {
        const std::uint8_t length = lengths[below(static_cast<std::uint32_t>(lengths.size()))];
        return {address(family).masked(length), length};
    }

    policy::Selector selector(Family family) {
        static constexpr std::uint8_t kV4[] = {0, 8, 12, 16, 20, 24, 28, 32};
        static constexpr std::uint8_t kV6[] = {0, 32, 48, 56, 64, 128};
        const std::span<const std::uint8_t> lengths =
            family == Family::kIpv4 ? std::span<const std::uint8_t>(kV4) : std::span<const std::uint8_t>(kV6);
        policy::Selector selector{.local = prefix(family, lengths), .remote = prefix(family, lengths)};
        if (below(4) == 0) {
            selector.protocol = 6;
            selector.remote_port = below(2) == 0 ? 443 : 0;
        }
        return selector;
    }

    // A packet inside the selector, at its edge more often than not.
    policy::PacketTuple packet_in(const policy::Selector& selector) {
        return {.local = inside(selector.local),
                .remote = inside(selector.remote),
                .protocol = selector.protocol != 0 ? selector.protocol : std::uint8_t{17},
                .local_port = static_cast<std::uint16_t>(below(65536)),
                .remote_port = selector.remote_port != 0 ? selector.remote_port
                                                         : static_cast<std::uint16_t>(below(65536))};
    }

  private:
    IpAddress inside(const Prefix& prefix) {
        const IpAddress random = address(prefix.address.family());
        Bytes octets(prefix.address.octets().begin(), prefix.address.octets().end());
        for (unsigned bit = prefix.length; bit < random.bits(); ++bit) {
            const auto flag = static_cast<std::uint8_t>(0x80 >> bit % 8);
            octets[bit / 8] = static_cast<std::uint8_t>(octets[bit / 8] | (random.octets()[bit / 8] & flag));
        }
        return *IpAddress::from_octets(octets);
    }

    std::mt19937 random_;
};

std::vector<RuleSelector> random_selectors(Generator& generate, std::uint32_t count) {
    std::vector<RuleSelector> selectors;
    selectors.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        const Family family = generate.below(3) == 0 ? Family::kIpv6 : Family::kIpv4;
        selectors.push_back({generate.selector(family), i % 65535 + 1, generate.below(count)});
    }
    return selectors;
}

TEST(SelectorTable, NoSelectorsMatchNothing) {
    const Cells cells = compile_selectors({});
    EXPECT_EQ(
        search(cells, {.local = *IpAddress::parse("10.0.0.1"), .remote = *IpAddress::parse("10.0.0.2")}).rule,
        0U);
}

TEST(SelectorTable, TheLowestPrecedenceWinsAmongEqualSelectors) {
    const policy::Selector all{.local = Prefix::any(Family::kIpv4), .remote = Prefix::any(Family::kIpv4)};
    const Cells cells = compile_selectors(std::vector<RuleSelector>{{all, 7, 9}, {all, 8, 3}, {all, 9, 5}});
    EXPECT_EQ(
        search(cells, {.local = *IpAddress::parse("10.0.0.1"), .remote = *IpAddress::parse("10.0.0.2")}).rule,
        8U);
}

TEST(SelectorTable, AFlagSaysThatPortsOrProtocolDecide) {
    policy::Selector selector{.local = Prefix::any(Family::kIpv4), .remote = Prefix::any(Family::kIpv4)};
    EXPECT_EQ(cell<kl_table_header>(compile_selectors(std::vector<RuleSelector>{{selector, 1, 0}}), 0).flags,
              0U);
    selector.protocol = 17;
    EXPECT_EQ(cell<kl_table_header>(compile_selectors(std::vector<RuleSelector>{{selector, 1, 0}}), 0).flags,
              KL_TABLE_PORTS);
}

TEST(SelectorTable, AgreesWithLookingAtEverySelector) {
    for (std::uint32_t seed = 1; seed <= 20; ++seed) {
        Generator generate(seed);
        const std::vector<RuleSelector> selectors = random_selectors(generate, 1U << (seed % 12));
        const Cells cells = compile_selectors(selectors);
        for (int i = 0; i < 300; ++i) {
            const policy::Selector& near =
                selectors[generate.below(static_cast<std::uint32_t>(selectors.size()))].selector;
            const policy::PacketTuple packet = generate.packet_in(near);
            const std::uint32_t expected = look_at_every_one(selectors, packet);
            const Found found = search(cells, packet);
            // Two rules may share a precedence here; then either is right.
            const auto precedence = [&](std::uint32_t rule) {
                std::uint32_t best = ~std::uint32_t{0};
                for (const RuleSelector& one : selectors) {
                    if (one.rule == rule && one.selector.matches(packet)) {
                        best = std::min(best, one.precedence);
                    }
                }
                return best;
            };
            ASSERT_EQ(precedence(found.rule), precedence(expected))
                << "seed " << seed << ": " << packet.to_string();
        }
    }
}

// A packet of every selector finds that selector or one that goes before it.
void expect_nothing_lost(std::uint32_t count) {
    Generator generate(7);
    const std::vector<RuleSelector> selectors = random_selectors(generate, count);
    const Cells cells = compile_selectors(selectors);
    // All of the smaller table, and every tenth of the larger.
    for (std::size_t i = 0; i<selectors.size(); i += selectors.size()> 100'000 ? 10 : 1) {
        const RuleSelector& one = selectors[i];
        ASSERT_LE(search(cells, generate.packet_in(one.selector)).precedence, one.precedence)
            << one.selector.to_string();
    }
}

TEST(SelectorTable, LosesNoneOfAHundredThousand) { expect_nothing_lost(100'000); }
TEST(SelectorTable, LosesNoneOfAMillion) { expect_nothing_lost(1'000'000); }

TEST(SelectorTable, FewMasksAreProbed) {
    Generator generate(3);
    std::vector<RuleSelector> selectors;
    static constexpr std::uint8_t kLengths[] = {16, 18, 20, 22, 24, 26, 28, 30, 32};
    for (std::uint32_t i = 0; i < 500; ++i) {
        selectors.push_back({{.local = generate.prefix(Family::kIpv4, kLengths),
                              .remote = generate.prefix(Family::kIpv4, kLengths)},
                             i + 1,
                             i});
    }
    const Cells cells = compile_selectors(selectors);
    int probes = 0;
    for (int i = 0; i < 1000; ++i) {
        probes += search(cells, {.local = generate.address(Family::kIpv4),
                                 .remote = generate.address(Family::kIpv4)})
                      .probes;
    }
    EXPECT_LE(probes, 1000) << "of 81 kinds of selectors, on average one mask is probed";
}

}  // namespace
}  // namespace keyline::datapath
