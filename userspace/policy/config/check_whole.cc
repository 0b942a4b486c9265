#include <algorithm>
#include <memory>

#include "policy/config/loading.h"
#include "policy/lookup.h"

namespace keyline::policy::config {

namespace {

// The file may leave main_mode.auth out; the default method then still needs its credentials.
void check_credentials(const Loading& loading, Messages& messages) {
    const Policy& policy = loading.policy;
    const bool protects = std::ranges::any_of(
        policy.rules, [](const Rule& rule) { return rule.action == RuleAction::kProtect; });
    if (protects && !loading.auth_is_given && !policy.auth.kerberos) {
        messages.error(
            {}, "auth.kerberos",
            "missing; main mode authenticates with Kerberos unless main_mode.auth says otherwise, so add "
            "[auth.kerberos] with principal and keytab");
    }
}

// A method that proves no name is not used where there is one to prove.
void warn_of_unproved_names(const Loading& loading) {
    const Policy& policy = loading.policy;
    for (std::size_t i = 0; i < policy.peers.size(); ++i) {
        const Peer& peer = policy.peers[i];
        const std::vector<AuthMethod>& methods = policy.main_modes[peer.main_mode].auth;
        const bool anonymous = std::ranges::find(methods, AuthMethod::kAnonymous) != methods.end();
        if (anonymous && peer.has_to_prove(true)) {
            loading.peer_values[i].warning(
                "has a name to prove, and \"anonymous\" proves none: it is not used with this peer");
        }
    }
}

void warn_of_unreached_rules(const Loading& loading, const Lookup& lookup) {
    const std::vector<Rule>& rules = loading.policy.rules;
    for (std::size_t i = 0; i < rules.size(); ++i) {
        const Rule* in_front = nullptr;
        const bool reached = std::ranges::any_of(rules[i].selectors, [&](const Selector& selector) {
            in_front = lookup.find_containing(selector)->rule;
            return in_front == &rules[i];
        });
        if (!reached && in_front) {
            loading.rule_values[i].warning("is never reached: rules in front of it, such as " +
                                           in_quotes(in_front->name) + ", cover all that it covers");
        }
    }
}

void warn_of_unreached_peers(const Loading& loading, const Lookup& lookup) {
    const std::vector<Peer>& peers = loading.policy.peers;
    for (std::size_t i = 0; i < peers.size(); ++i) {
        const Peer* in_front = nullptr;
        const bool reached = std::ranges::any_of(peers[i].addresses, [&](const Prefix& prefix) {
            in_front = lookup.peer_containing(prefix);
            return in_front == &peers[i];
        });
        if (!reached && in_front) {
            loading.peer_values[i].warning("is never reached: peers in front of it, such as " +
                                           in_quotes(in_front->name) + ", have all its addresses");
        }
    }
}

}  // namespace

void check_whole(const Loading& loading, Messages& messages) {
    check_credentials(loading, messages);
    if (messages.has_errors()) return;
    warn_of_unproved_names(loading);
    const Lookup lookup(std::shared_ptr<const Policy>(std::shared_ptr<void>(), &loading.policy));
    warn_of_unreached_rules(loading, lookup);
    warn_of_unreached_peers(loading, lookup);
}

}  // namespace keyline::policy::config
