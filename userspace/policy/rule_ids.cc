#include "policy/rule_ids.h"

#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace keyline::policy {

namespace {

// FNV-1a, because the ids of a file must not change with the version of a library.
std::uint32_t id_from_name(std::string_view name) {
    std::uint32_t hash = 2166136261U;
    for (const char letter : name)
        hash = (hash ^ static_cast<std::uint8_t>(letter)) * 16777619U;
    return 1 + hash % kMaxRules;
}

}  // namespace

void assign_rule_ids(std::vector<Rule>& rules, const Policy* running) {
    std::unordered_map<std::string_view, std::uint32_t> running_ids;
    if (running) {
        for (const Rule& rule : running->rules)
            running_ids.emplace(rule.name, rule.id);
    }
    std::unordered_set<std::uint32_t> taken;
    for (Rule& rule : rules) {
        const auto found = running_ids.find(rule.name);
        rule.id = found == running_ids.end() ? 0 : found->second;
        taken.insert(rule.id);
    }
    for (Rule& rule : rules) {
        if (rule.id != 0) continue;
        rule.id = id_from_name(rule.name);
        while (!taken.insert(rule.id).second)
            rule.id = rule.id % kMaxRules + 1;
    }
}

}  // namespace keyline::policy
