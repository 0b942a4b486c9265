#include "policy/config/rule_authentication.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "policy/config/loading.h"

namespace keyline::policy::config {

namespace {

constexpr Named<bool Rule::*> kImpersonationNames[] = {
    {&Rule::impersonation_mm, "main_mode"},
    {&Rule::impersonation_em, "extended_mode"},
};

// Those that main mode may use for the rule's traffic, with whatever peer.
std::vector<AuthMethod> main_mode_methods(const Policy& policy, const Rule& rule) {
    if (!rule.auth.empty()) return rule.auth;
    std::vector<AuthMethod> methods;
    for (const MainMode& mode : policy.main_modes)
        methods.insert(methods.end(), mode.auth.begin(), mode.auth.end());
    return methods;
}

void read_credentials_name(const Value& value, const Auth& auth, const std::vector<AuthMethod>& methods,
                           std::string& to) {
    const auto text = value.text();
    if (!text) return;
    const auto found = std::ranges::find(auth.credentials, *text, &Credentials::name);
    if (found == auth.credentials.end()) {
        std::vector<std::string_view> names;
        for (const Credentials& credentials : auth.credentials)
            names.push_back(credentials.name);
        return value.error("there are no [[auth.credentials]] of this name" + did_you_mean(*text, names));
    }
    if (std::ranges::none_of(methods, [&](AuthMethod method) { return found->serve(method); }))
        return value.error("these credentials are for none of the methods that the mode may use");
    to = *text;
}

}  // namespace

void read_extended_auth(const Value& list, Policy& policy, Rule& rule) {
    rule.extended_auth = read_auth_methods(list, policy.auth);
    if (std::ranges::find(rule.extended_auth, AuthMethod::kAnonymous) != rule.extended_auth.end())
        list.error(R"(extended mode proves somebody, and "anonymous" nobody)");
}

void read_per_user(const Value& value, Rule& rule) {
    if (value.node().kind == TomlNode::Kind::kBoolean) {
        assign(rule.impersonation_em, value.boolean());
    } else {
        for (const Value& item : value.items()) {
            if (const auto mode = item.one_of(kImpersonationNames)) rule.** mode = true;
        }
    }
    rule.per_user = rule.impersonation_mm || rule.impersonation_em;
    if (rule.impersonation_em && rule.extended_auth.empty())
        value.error("needs extended_auth, the methods that prove the user");
}

void read_explicit_credentials(const Value& table, const Policy& policy, Rule& rule) {
    if (!table.is_table()) return table.error_expected(R"(a table such as { extended_mode = "NAME" })");
    constexpr std::string_view kKnown[] = {"main_mode", "extended_mode"};
    for (const TomlMember& member : table.node().members) {
        if (std::ranges::find(kKnown, member.key) == std::end(kKnown)) table.error_unknown(member, kKnown);
    }
    if (const auto name = table.member("main_mode"))
        read_credentials_name(*name, policy.auth, main_mode_methods(policy, rule), rule.explicit_mm);
    if (const auto name = table.member("extended_mode"))
        read_credentials_name(*name, policy.auth, rule.extended_auth, rule.explicit_em);
}

}  // namespace keyline::policy::config
