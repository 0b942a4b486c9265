#include "policy/diff.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string_view>
#include <unordered_map>

namespace keyline::policy {

namespace {

template <class Item>
std::unordered_map<std::string_view, const Item*> by_name(const std::vector<Item>& items) {
    std::unordered_map<std::string_view, const Item*> found;
    for (const Item& item : items)
        found.emplace(item.name, &item);
    return found;
}

template <class Item, class Same>
ListDiff list_diff(const std::vector<Item>& running, const std::vector<Item>& next, const Same& same) {
    ListDiff result;
    const auto before = by_name(running);
    const auto after = by_name(next);
    for (const Item& item : next) {
        const auto old = before.find(item.name);
        if (old == before.end()) {
            result.added.push_back(item.name);
        } else if (!same(*old->second, item)) {
            result.changed.push_back(item.name);
        }
    }
    for (const Item& item : running) {
        if (!after.contains(item.name)) result.removed.push_back(item.name);
    }
    return result;
}

// What both have, in the order of `from`.
template <class Item>
std::vector<std::string_view> common_names(const std::vector<Item>& from, const std::vector<Item>& other) {
    const auto known = by_name(other);
    std::vector<std::string_view> names;
    for (const Item& item : from) {
        if (known.contains(item.name)) names.push_back(item.name);
    }
    return names;
}

std::vector<Interface> missing_in(const std::vector<Interface>& other, const std::vector<Interface>& from) {
    std::vector<Interface> missing;
    std::ranges::copy_if(from, std::back_inserter(missing), [&](const Interface& interface) {
        return std::ranges::find(other, interface) == other.end();
    });
    return missing;
}

std::string join(const std::vector<std::string>& names) {
    constexpr std::size_t kShown = 8;
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i)
        text += (i ? ", " : "") + names[i];
    if (names.size() > kShown) text += " and " + std::to_string(names.size() - kShown) + " more";
    return text;
}

void append_part(std::string& line, const std::string& part) {
    if (part.empty()) return;
    if (!line.empty()) line += "; ";
    line += part;
}

std::string describe(std::string_view what, const ListDiff& list) {
    std::string text;
    const auto append = [&](std::string_view how, const std::vector<std::string>& names) {
        if (names.empty()) return;
        text.append(text.empty() ? std::string(what) + ": " : ", ");
        text.append(std::to_string(names.size()))
            .append(" ")
            .append(how)
            .append(" (")
            .append(join(names))
            .append(")");
    };
    append("added", list.added);
    append("removed", list.removed);
    append("changed", list.changed);
    return text;
}

std::string describe(std::string_view how, const std::vector<Interface>& interfaces) {
    std::string text;
    for (const Interface& interface : interfaces) {
        text.append(text.empty() ? std::string(how) + " " : ", ").append(interface.name);
        text.append(" (").append(to_string(interface.role)).append(")");
    }
    return text;
}

}  // namespace

bool PolicyDiff::needs_revalidation() const {
    return !rules.empty() || rules_reordered || default_action || !peers.empty() || main_modes || auth;
}

bool PolicyDiff::empty() const {
    return !needs_revalidation() && interfaces_to_attach.empty() && interfaces_to_detach.empty() && !keying &&
           !datapath && needs_restart.empty();
}

std::string PolicyDiff::to_string() const {
    std::string line;
    append_part(line, describe("rules", rules));
    if (rules_reordered) append_part(line, "rules reordered");
    if (default_action) append_part(line, "default action changed");
    append_part(line, describe("peers", peers));
    if (main_modes) append_part(line, "main modes changed");
    append_part(line, describe("attach", interfaces_to_attach));
    append_part(line, describe("detach", interfaces_to_detach));
    if (auth) append_part(line, "credentials changed");
    if (keying) append_part(line, "timers or limits changed");
    if (datapath) append_part(line, "datapath settings changed");
    if (!needs_restart.empty()) append_part(line, "restart keylined for " + join(needs_restart));
    return line.empty() ? "no change" : line;
}

PolicyDiff diff(const Policy& running, const Policy& next) {
    const auto same_rule = [&](const Rule& before, const Rule& after) {
        Rule comparable = after;
        comparable.quick_mode = before.quick_mode;  // compared by content, not by place
        return before == comparable && running.quick_mode_of(before) == next.quick_mode_of(after);
    };
    const auto same_peer = [&](const Peer& before, const Peer& after) {
        Peer comparable = after;
        comparable.main_mode = before.main_mode;
        return before == comparable &&
               running.main_modes[before.main_mode] == next.main_modes[after.main_mode];
    };

    PolicyDiff result;
    result.rules = list_diff(running.rules, next.rules, same_rule);
    result.rules_reordered =
        common_names(running.rules, next.rules) != common_names(next.rules, running.rules);
    result.default_action = running.host.default_action != next.host.default_action;
    result.peers = list_diff(running.peers, next.peers, same_peer);
    result.main_modes = running.main_modes != next.main_modes;
    result.interfaces_to_attach = missing_in(running.host.interfaces, next.host.interfaces);
    result.interfaces_to_detach = missing_in(next.host.interfaces, running.host.interfaces);
    result.auth = running.auth != next.auth;
    result.keying = running.keying != next.keying;
    result.datapath = running.datapath.hold != next.datapath.hold ||
                      running.datapath.acquire_interval != next.datapath.acquire_interval;

    const auto restart = [&](bool changed, const char* key) {
        if (changed) result.needs_restart.emplace_back(key);
    };
    restart(running.host.instance != next.host.instance, "host.instance");
    restart(running.host.listen != next.host.listen, "host.listen");
    restart(running.host.port != next.host.port, "host.port");
    restart(running.host.nat_port != next.host.nat_port, "host.nat_port");
    restart(running.host.control_group != next.host.control_group, "host.control_group");
    restart(running.datapath.max_sas != next.datapath.max_sas, "datapath.max_sas");
    restart(running.datapath.max_flows != next.datapath.max_flows, "datapath.max_flows");
    restart(running.debug != next.debug, "debug.key_export");
    return result;
}

}  // namespace keyline::policy
