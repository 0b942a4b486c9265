#include "datapath/mask_plan.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>

namespace keyline::datapath {
namespace {

// A search mask in the making, and the exact masks filed under it.
struct Cluster {
    ExactMask mask;
    std::vector<std::uint32_t> members;
};

int bits(const TupleWords& words) {
    int sum = 0;
    for (const std::uint64_t word : words) {
        sum += std::popcount(word);
    }
    return sum;
}

// What merging costs: bits that no longer tell selectors apart, weighted by the selectors that lose them.
double merge_cost(const Cluster& a, const Cluster& b) {
    const int left = bits(masked(a.mask.words, b.mask.words));
    return static_cast<double>(a.mask.selectors) * (bits(a.mask.words) - left) +
           static_cast<double>(b.mask.selectors) * (bits(b.mask.words) - left);
}

void merge_into(Cluster& into, Cluster&& from) {
    into.mask.words = masked(into.mask.words, from.mask.words);
    into.mask.selectors += from.mask.selectors;
    into.mask.best_precedence = std::min(into.mask.best_precedence, from.mask.best_precedence);
    into.members.insert(into.members.end(), from.members.begin(), from.members.end());
}

void merge_smallest(std::vector<Cluster>& clusters) {
    const auto smallest =
        std::ranges::min_element(clusters, {}, [](const Cluster& cluster) { return cluster.mask.selectors; });
    Cluster victim = std::move(*smallest);
    *smallest = std::move(clusters.back());
    clusters.pop_back();
    const auto partner = std::ranges::min_element(
        clusters, {}, [&victim](const Cluster& cluster) { return merge_cost(cluster, victim); });
    merge_into(*partner, std::move(victim));
}

}  // namespace

MaskPlan plan_masks(const std::vector<ExactMask>& exact, std::size_t limit) {
    std::vector<Cluster> clusters;
    clusters.reserve(exact.size());
    for (std::uint32_t i = 0; i < exact.size(); ++i) {
        clusters.push_back({exact[i], {i}});
    }
    while (clusters.size() > limit) {
        merge_smallest(clusters);
    }
    std::ranges::sort(clusters, {}, [](const Cluster& cluster) { return cluster.mask.best_precedence; });

    MaskPlan plan;
    plan.search_of.resize(exact.size());
    for (const Cluster& cluster : clusters) {
        for (const std::uint32_t member : cluster.members) {
            plan.search_of[member] = static_cast<std::uint32_t>(plan.search.size());
        }
        plan.search.push_back({cluster.mask.words, cluster.mask.best_precedence});
    }
    return plan;
}

}  // namespace keyline::datapath
