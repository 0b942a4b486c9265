// Tables [[rule]].
#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <unordered_set>

#include "policy/config/loading.h"
#include "policy/config/rule_authentication.h"
#include "policy/config/selector_reader.h"
#include "policy/config/table.h"

namespace keyline::policy::config {

namespace {

struct Draft {
    Rule rule;
    Policy* policy = nullptr;
    SelectorKeys keys;
    std::optional<Value> selectors;
    std::optional<Value> mode;
    std::optional<Value> tunnel_local;
    std::optional<Value> tunnel_remote;
    std::optional<Value> engine;
    std::optional<Value> quick_mode;
    std::optional<Value> auth;
    std::optional<Value> populate;
    std::optional<Value> extended_auth;
    std::optional<Value> offload;
    std::optional<Value> per_user;
    std::optional<Value> negotiation;
    std::optional<Value> guarantee_encryption;
    std::optional<Value> explicit_credentials;
};

template <std::optional<Value> SelectorKeys::*kMember>
void keep_selector_key(const Value& value, SelectorKeys& keys) {
    keys.*kMember = value;
}

constexpr Field<SelectorKeys> kSelectorFields[] = {
    {"local", keep_selector_key<&SelectorKeys::local>},
    {"remote", keep_selector_key<&SelectorKeys::remote>},
    {"protocol", keep_selector_key<&SelectorKeys::protocol>},
    {"local_port", keep_selector_key<&SelectorKeys::local_port>},
    {"remote_port", keep_selector_key<&SelectorKeys::remote_port>},
};

template <std::optional<Value> SelectorKeys::*kMember>
void keep_rule_selector_key(const Value& value, Draft& draft) {
    draft.keys.*kMember = value;
}

template <std::optional<Value> Draft::*kMember>
void keep(const Value& value, Draft& draft) {
    draft.*kMember = value;
}

constexpr Field<Draft> kRuleFields[] = {
    {"name", [](const Value& value, Draft& draft) { assign(draft.rule.name, value.name(63)); }},
    {"local", keep_rule_selector_key<&SelectorKeys::local>},
    {"remote", keep_rule_selector_key<&SelectorKeys::remote>},
    {"protocol", keep_rule_selector_key<&SelectorKeys::protocol>},
    {"local_port", keep_rule_selector_key<&SelectorKeys::local_port>},
    {"remote_port", keep_rule_selector_key<&SelectorKeys::remote_port>},
    {"selectors", keep<&Draft::selectors>},
    {"action",
     [](const Value& value, Draft& draft) { assign(draft.rule.action, value.one_of(kRuleActionNames)); }},
    {"mode", keep<&Draft::mode>},
    {"tunnel_local", keep<&Draft::tunnel_local>},
    {"tunnel_remote", keep<&Draft::tunnel_remote>},
    {"engine", keep<&Draft::engine>},
    {"offload", keep<&Draft::offload>},
    {"quick_mode", keep<&Draft::quick_mode>},
    {"auth", keep<&Draft::auth>},
    {"populate_from_packet", keep<&Draft::populate>},
    {"extended_auth", keep<&Draft::extended_auth>},
    {"per_user", keep<&Draft::per_user>},
    {"negotiation", keep<&Draft::negotiation>},
    {"guarantee_encryption", keep<&Draft::guarantee_encryption>},
    {"explicit_credentials", keep<&Draft::explicit_credentials>},
};

void read_selectors(Draft& draft, const Value& table) {
    std::vector<Selector>& selectors = draft.rule.selectors;
    if (!draft.selectors) {
        if (!draft.keys.remote) {
            table.error(R"(missing "remote", the addresses at the other end, or "any"; or "selectors")");
        }
        append_selectors(draft.keys, table, selectors);
    } else {
        if (draft.keys.any_given()) {
            draft.selectors->error("stands in place of local, remote, protocol and ports, not beside them");
        }
        if (draft.selectors->items().empty())
            draft.selectors->error("expected at least one selector, found an empty array");
        for (const Value& item : draft.selectors->tables()) {
            SelectorKeys keys;
            read_table(item, kSelectorFields, keys);
            if (!keys.remote) item.error(R"(missing "remote", the addresses at the other end, or "any")");
            append_selectors(keys, item, selectors);
            if (selectors.size() > kMaxSelectors)
                return item.error("one rule has more than 1000000 selectors");
        }
    }
    std::unordered_set<Selector, SelectorHash> seen;
    std::erase_if(selectors, [&](const Selector& selector) { return !seen.insert(selector).second; });
}

void read_tunnel(Draft& draft) {
    if (draft.mode) assign(draft.rule.mode, draft.mode->one_of(kModeNames));
    if (draft.rule.mode != Mode::kTunnel) {
        for (const auto* endpoint : {&draft.tunnel_local, &draft.tunnel_remote}) {
            if (*endpoint) (*endpoint)->error(R"(has a meaning only with mode = "tunnel")");
        }
        return;
    }
    if (!draft.tunnel_local || !draft.tunnel_remote) {
        return draft.mode->error("a tunnel needs tunnel_local and tunnel_remote, its outer addresses");
    }
    const auto local = draft.tunnel_local->address();
    const auto remote = draft.tunnel_remote->address();
    if (!local || !remote) return;
    if (local->family() != remote->family()) {
        return draft.tunnel_remote->error("is of another family than tunnel_local");
    }
    if (*local == *remote) return draft.tunnel_remote->error("is the same as tunnel_local");
    draft.rule.tunnel = {*local, *remote};
}

void read_quick_mode_name(const Value& value, Draft& draft) {
    std::vector<std::string_view> names;
    for (const QuickMode& mode : draft.policy->quick_modes)
        names.push_back(mode.name);
    const auto text = value.text();
    if (!text) return;
    const auto found = std::ranges::find(names, *text);
    if (found == names.end()) {
        return value.error("there is no [quick_mode." + *text + ']' + did_you_mean(*text, names));
    }
    draft.rule.quick_mode = static_cast<std::uint32_t>(found - names.begin());
}

void read_methods(const Value& value, Draft& draft) {
    draft.rule.auth = read_auth_methods(value, draft.policy->auth);
    for (const AuthMethod method : draft.rule.auth) {
        const bool known = std::ranges::any_of(draft.policy->main_modes, [&](const MainMode& mode) {
            return std::ranges::find(mode.auth, method) != mode.auth.end();
        });
        if (!known) value.error("no main mode has the method " + in_quotes(to_string(method)));
    }
}

constexpr Named<bool PopulateFromPacket::*> kPopulateNames[] = {
    {&PopulateFromPacket::local_address, "local"},     {&PopulateFromPacket::remote_address, "remote"},
    {&PopulateFromPacket::protocol, "protocol"},       {&PopulateFromPacket::local_port, "local_port"},
    {&PopulateFromPacket::remote_port, "remote_port"},
};

void read_populate(Draft& draft, const Value& table) {
    Rule& rule = draft.rule;
    rule.populate = rule.mode == Mode::kTunnel ? PopulateFromPacket{} : kHostPair;
    if (draft.populate) {
        rule.populate = {};
        for (const Value& item : draft.populate->items()) {
            if (const auto field = item.one_of(kPopulateNames)) rule.populate.** field = true;
        }
        const bool any_protocol = std::ranges::any_of(
            rule.selectors, [](const Selector& selector) { return selector.protocol == 0; });
        if ((rule.populate.local_port || rule.populate.remote_port) && !rule.populate.protocol &&
            any_protocol) {
            draft.populate->error(R"(a port needs a protocol; add "protocol")");
        }
    }
    const auto names_hosts = [&](const Selector& selector) {
        return (rule.populate.local_address || selector.local.is_host()) &&
               (rule.populate.remote_address || selector.remote.is_host());
    };
    if (rule.mode != Mode::kTunnel && !std::ranges::all_of(rule.selectors, names_hosts)) {
        draft.populate.value_or(table).error(
            "mode = " + in_quotes(to_string(rule.mode)) +
            R"( protects host pairs; populate "local" and "remote" from the packet)");
    }
}

void read_negotiation(Draft& draft) {
    Rule& rule = draft.rule;
    if (draft.negotiation) {
        assign(rule.negotiation, draft.negotiation->one_of(kNegotiationNames));
        if (rule.negotiation != Negotiation::kRequire && rule.mode != Mode::kTransport)
            draft.negotiation->error(R"(only "require" fits mode = )" + in_quotes(to_string(rule.mode)));
    }
    if (!draft.guarantee_encryption) return;
    assign(rule.guarantee_encryption, draft.guarantee_encryption->boolean());
    const QuickMode& quick_mode = draft.policy->quick_modes[rule.quick_mode];
    if (rule.guarantee_encryption && !std::ranges::all_of(quick_mode.suites, &EspSuite::encrypts))
        draft.guarantee_encryption->error("quick mode " + in_quotes(quick_mode.name) +
                                          " has suites that only authenticate; name another by quick_mode");
}

// The kernel's ESP does not send packets twice.
void read_engine(Draft& draft) {
    Rule& rule = draft.rule;
    if (draft.engine) assign(rule.engine, draft.engine->one_of(kEngineNames));
    if (draft.offload) assign(rule.offload, draft.offload->one_of(kOffloadNames));
    if (rule.offload != Offload::kNone && rule.engine != Engine::kKernel)
        draft.offload->error(R"(needs engine = "kernel": the fast path leaves nothing to the device)");
    if (rule.mode != Mode::kAuthenticatedFirewall) return;
    if (rule.engine == Engine::kKernel)
        draft.engine->error(R"(only the fast path carries mode = "authenticated-firewall")");
    rule.engine = Engine::kFastpath;
}

void check_sa_shapes(const Rule& rule, const Value& table) {
    using Shape = std::tuple<std::uint8_t, std::uint8_t, bool, bool, bool>;
    std::set<Shape> shapes;
    for (const Selector& selector : rule.selectors) {
        const auto host_length = static_cast<std::uint8_t>(selector.local.address.bits());
        shapes.emplace(rule.populate.local_address ? host_length : selector.local.length,
                       rule.populate.remote_address ? host_length : selector.remote.length,
                       rule.populate.protocol || selector.protocol != 0,
                       rule.populate.local_port || selector.local_port != 0,
                       rule.populate.remote_port || selector.remote_port != 0);
    }
    if (shapes.size() > kMaxSaShapes) {
        table.error(
            "asks for SAs of " + std::to_string(shapes.size()) +
            " kinds (prefix lengths, and which of protocol and ports are set), and one rule has room for " +
            std::to_string(kMaxSaShapes) + "; split it, or populate more from the packet");
    }
}

void refuse_protect_keys(const Draft& draft) {
    for (const auto* value :
         {&draft.mode, &draft.tunnel_local, &draft.tunnel_remote, &draft.engine, &draft.offload,
          &draft.quick_mode, &draft.auth, &draft.populate, &draft.extended_auth, &draft.per_user,
          &draft.explicit_credentials, &draft.negotiation, &draft.guarantee_encryption}) {
        if (*value) (*value)->error(R"(has a meaning only with action = "protect")");
    }
}

Rule read_rule(const Value& table, Policy& policy) {
    Draft draft;
    draft.policy = &policy;
    draft.rule.name = "rule-" + std::to_string(policy.rules.size() + 1);
    read_table(table, kRuleFields, draft);
    read_selectors(draft, table);
    if (draft.rule.action != RuleAction::kProtect) {
        refuse_protect_keys(draft);
        return std::move(draft.rule);
    }
    read_tunnel(draft);
    read_engine(draft);
    if (draft.quick_mode) read_quick_mode_name(*draft.quick_mode, draft);
    if (draft.auth) read_methods(*draft.auth, draft);
    read_populate(draft, table);
    if (draft.extended_auth) read_extended_auth(*draft.extended_auth, policy, draft.rule);
    if (draft.per_user) read_per_user(*draft.per_user, draft.rule);
    if (draft.explicit_credentials)
        read_explicit_credentials(*draft.explicit_credentials, policy, draft.rule);
    read_negotiation(draft);
    check_sa_shapes(draft.rule, table);
    return std::move(draft.rule);
}

}  // namespace

void read_rules(const Value& array, Loading& loading) {
    std::map<std::string, std::string> path_by_name;
    for (const Value& table : array.tables()) {
        if (loading.policy.rules.size() == kMaxRules) return table.error("a policy has at most 65535 rules");
        Rule rule = read_rule(table, loading.policy);
        const auto [same, is_new] = path_by_name.try_emplace(rule.name, table.path());
        if (!is_new) table.error("has the name of " + same->second + ", " + in_quotes(rule.name));
        loading.policy.rules.push_back(std::move(rule));
        loading.rule_values.push_back(table);
    }
}

void list_rule_keys(std::vector<std::string>& to) {
    list_keys("rule", kRuleFields, to);
    list_keys("rule.selectors", kSelectorFields, to);
}

}  // namespace keyline::policy::config
