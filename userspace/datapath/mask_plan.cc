#include "datapath/mask_plan.h"

#include <algorithm>
#include <bit>
#include <unordered_map>
#include <utility>

namespace keyline::datapath {
namespace {

// How many partners a mask is tried with, nearest first.
constexpr std::size_t kPartners = 3;

// A search mask in the making, and the exact masks filed under it.
struct Cluster {
    TupleWords words{};
    std::size_t selectors = 0;
    std::uint32_t best_precedence = 0;
    std::vector<std::uint32_t> members;
};

int bits(const TupleWords& words) {
    int sum = 0;
    for (const auto word : words) {
        sum += std::popcount(word);
    }
    return sum;
}

// What merging costs: bits that no longer tell selectors apart, weighted by the selectors that lose them.
double merge_cost(const Cluster& a, const Cluster& b) {
    const int left = bits(masked(a.words, b.words));
    return static_cast<double>(a.selectors) * (bits(a.words) - left) +
           static_cast<double>(b.selectors) * (bits(b.words) - left);
}

class Planner {
  public:
    explicit Planner(const std::vector<ExactMask>& exact) : exact_(exact) {
        for (std::uint32_t i = 0; i < exact.size(); ++i) {
            clusters_.push_back({exact[i].words, exact[i].values.size(), exact[i].best_precedence, {i}});
        }
    }

    // Whatever it costs: those of the fewest selectors with the masks they lose the fewest bits to.
    void merge_down_to(std::size_t limit) {
        while (clusters_.size() > limit) {
            const auto smallest = std::ranges::min_element(clusters_, {}, &Cluster::selectors);
            const std::size_t victim = static_cast<std::size_t>(smallest - clusters_.begin());
            merge(partners(victim, 1).front(), victim);
        }
    }

    // Where groups stay small. Finest first, as they have the most bits to spare.
    void merge_where_cheap() {
        std::ranges::sort(clusters_, std::greater(),
                          [](const Cluster& cluster) { return bits(cluster.words); });
        for (std::size_t i = 0; i < clusters_.size();) {
            const auto near = partners(i, kPartners);
            const auto partner =
                std::ranges::find_if(near, [&](std::size_t other) { return groups_stay_small(i, other); });
            if (partner == near.end()) {
                ++i;
                continue;
            }
            merge(*partner, i);
        }
    }

    MaskPlan plan() {
        std::ranges::sort(clusters_, {}, &Cluster::best_precedence);
        MaskPlan plan;
        plan.search_of.resize(exact_.size());
        for (const Cluster& cluster : clusters_) {
            for (const std::uint32_t member : cluster.members) {
                plan.search_of[member] = static_cast<std::uint32_t>(plan.search.size());
            }
            plan.search.push_back({cluster.words, cluster.best_precedence});
        }
        return plan;
    }

  private:
    // Of the cluster, the cheapest first.
    std::vector<std::size_t> partners(std::size_t of, std::size_t count) const {
        std::vector<std::pair<double, std::size_t>> ranked;
        for (std::size_t i = 0; i < clusters_.size(); ++i) {
            if (i != of) {
                ranked.emplace_back(merge_cost(clusters_[i], clusters_[of]), i);
            }
        }
        std::ranges::sort(ranked);
        std::vector<std::size_t> nearest;
        for (const auto& [cost, index] : ranked) {
            if (nearest.size() < count) {
                nearest.push_back(index);
            }
        }
        return nearest;
    }

    void merge(std::size_t into, std::size_t from) {
        Cluster& target = clusters_[into];
        const Cluster& source = clusters_[from];
        target.words = masked(target.words, source.words);
        target.selectors += source.selectors;
        target.best_precedence = std::min(target.best_precedence, source.best_precedence);
        target.members.insert(target.members.end(), source.members.begin(), source.members.end());
        clusters_.erase(clusters_.begin() + static_cast<std::ptrdiff_t>(from));
    }

    bool groups_stay_small(std::size_t a, std::size_t b) const {
        const TupleWords words = masked(clusters_[a].words, clusters_[b].words);
        std::unordered_map<std::uint64_t, std::size_t> sizes;
        for (const std::size_t cluster : {a, b}) {
            for (const std::uint32_t member : clusters_[cluster].members) {
                for (const TupleWords& value : exact_[member].values) {
                    const TupleWords key = masked(value, words);
                    if (++sizes[kl_hash_tuple(1, key.data(), KL_FAMILY_V6)] > kWantedGroup) {
                        return false;
                    }
                }
            }
        }
        return true;
    }

    const std::vector<ExactMask>& exact_;
    std::vector<Cluster> clusters_;
};

}  // namespace

MaskPlan plan_masks(const std::vector<ExactMask>& exact, std::size_t limit) {
    Planner planner(exact);
    planner.merge_down_to(limit);
    planner.merge_where_cheap();
    return planner.plan();
}

}  // namespace keyline::datapath
