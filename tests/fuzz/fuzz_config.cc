// Any text as a configuration: it loads or says why, each message is one printable line, and what loads is
// sound.
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "policy/config.h"
#include "policy/diff.h"
#include "policy/lookup.h"

namespace {

using namespace keyline::policy;

void require(bool holds) {
    if (!holds) std::abort();
}

void check_message(const ConfigMessage& message) {
    require(std::ranges::none_of(message.to_string(), [](char letter) {
        return static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f;
    }));
}

void check_policy(const Policy& policy) {
    const Lookup lookup(std::make_shared<const Policy>(policy));
    for (const MainMode& mode : policy.main_modes) {
        require(!mode.auth.empty() && !mode.proposals.empty() && !mode.dh_groups.empty());
        require(std::ranges::none_of(mode.auth, needs_dh) || mode.offered_group() != DhGroup::kNone);
    }
    for (const QuickMode& mode : policy.quick_modes) {
        require(!mode.suites.empty() && mode.lifetime.soft_time <= mode.lifetime.hard_time);
    }
    for (const Peer& peer : policy.peers)
        require(peer.main_mode < policy.main_modes.size());
    for (const Rule& rule : policy.rules) {
        require(lookup.rule(rule.id) ==
                &lookup.policy().rules[static_cast<std::size_t>(&rule - policy.rules.data())]);
        require(rule.quick_mode < policy.quick_modes.size());
        require(rule.tunnel.has_value() ==
                (rule.action == RuleAction::kProtect && rule.mode == Mode::kTunnel));
        for (const Selector& selector : rule.selectors)
            require(lookup.find_containing(selector).has_value());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto outcome = load_text(text, "fuzz.toml");
    if (!outcome) {
        require(!outcome.error().empty());
        std::ranges::for_each(outcome.error(), check_message);
        return 0;
    }
    std::ranges::for_each(outcome->warnings, check_message);
    check_policy(outcome->policy);
    const auto again = load_text(text, "fuzz.toml", &outcome->policy);
    require(again && again->policy == outcome->policy && diff(outcome->policy, again->policy).empty());
    return 0;
}
