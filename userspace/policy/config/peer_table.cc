// Tables [[peer]].
#include <algorithm>
#include <map>

#include "policy/config/loading.h"
#include "policy/config/table.h"

namespace keyline::policy::config {

namespace {

struct Draft {
    Peer peer;
    Policy* policy = nullptr;
    std::map<Prefix, std::string>* known_addresses = nullptr;
};

void read_addresses(const Value& list, Draft& draft) {
    draft.peer.addresses = read_list(list, [&](const Value& item) {
        auto prefix = item.prefix();
        if (!prefix) return prefix;
        const auto [known, is_new] = draft.known_addresses->try_emplace(*prefix, draft.peer.name);
        if (!is_new && known->second != draft.peer.name) {
            item.error("is an address of peer " + in_quotes(known->second) + " already");
        }
        return prefix;
    });
}

void read_account(const Value& value, Draft& draft) {
    const auto text = value.text();
    if (!text) return;
    const std::size_t backslash = text->find('\\');
    if (backslash == std::string::npos || backslash + 1 == text->size() || text->contains(' ')) {
        return value.error_expected(R"(an account with its domain such as 'EXAMPLE\alice')");
    }
    draft.peer.ntlm_account = *text;
}

void read_main_mode_name(const Value& value, Draft& draft) {
    std::vector<std::string_view> names;
    for (const MainMode& mode : draft.policy->main_modes)
        names.push_back(mode.name);
    const auto text = value.text();
    if (!text) return;
    const auto found = std::ranges::find(names, *text);
    if (found == names.end()) {
        return value.error("there is no [main_mode." + *text + ']' + did_you_mean(*text, names));
    }
    draft.peer.main_mode = static_cast<std::uint32_t>(found - names.begin());
}

// A peer's own methods make a main mode of its own, like the one it names in all else.
void read_methods(const Value& list, Draft& draft) {
    MainMode mode = draft.policy->main_modes[draft.peer.main_mode];
    mode.auth = read_auth_methods(list, draft.policy->auth);
    mode.name += " of peer " + draft.peer.name;
    if (std::ranges::any_of(mode.auth, needs_dh) && mode.offered_group() == DhGroup::kNone) {
        list.error("these methods need a Diffie-Hellman group; name a main mode that has one in dh_groups");
    }
    draft.peer.main_mode = static_cast<std::uint32_t>(draft.policy->main_modes.size());
    draft.policy->main_modes.push_back(std::move(mode));
}

void read_protocols(const Value& list, Draft& draft) {
    draft.peer.protocols =
        read_list(list, [](const Value& item) { return item.one_of(kKeyingProtocolNames); });
}

// Every protocol needs a method of its own, and IKEv1 a group besides.
void check_protocols(const Value& table, const Draft& draft) {
    const auto protocols = table.member("protocols");
    if (!protocols) return;
    const MainMode& mode = draft.policy->main_modes[draft.peer.main_mode];
    for (const Protocol protocol : draft.peer.protocols) {
        if (mode.restricted_to(protocol).auth.empty()) {
            protocols->error(in_quotes(to_string(protocol)) +
                             " has no authentication method here; add one to auth, such as " +
                             (protocol == Protocol::kIkev1 ? R"("psk")" : R"("kerberos")"));
        }
    }
}

constexpr Named<bool Peer::*> kExplicitCredentialsNames[] = {
    {&Peer::explicit_credentials_mm, "main_mode"},
    {&Peer::explicit_credentials_em, "extended_mode"},
};

void read_explicit_credentials(const Value& list, Draft& draft) {
    for (const Value& item : list.items()) {
        if (const auto permitted = item.one_of(kExplicitCredentialsNames)) draft.peer.** permitted = true;
    }
}

constexpr Field<Draft> kPeerFields[] = {
    {"name", [](const Value& value, Draft& draft) { assign(draft.peer.name, value.name(63)); }},
    {"address", read_addresses},
    {"principal",
     [](const Value& value, Draft& draft) { assign(draft.peer.principal, read_principal(value)); }},
    {"tls_name", [](const Value& value, Draft& draft) { assign(draft.peer.tls_name, value.name(253)); }},
    {"ntlm_account", read_account},
    {"x509_name", [](const Value& value, Draft& draft) { assign(draft.peer.x509_name, value.text()); }},
    {"main_mode", read_main_mode_name},
    {"auth", read_methods},
    {"users",
     [](const Value& list, Draft& draft) {
         draft.peer.users = read_list(list, [](const Value& item) { return item.text(); });
     }},
    {"protocols", read_protocols},
    {"explicit_credentials", read_explicit_credentials},
};

}  // namespace

void read_peers(const Value& array, Loading& loading) {
    std::map<Prefix, std::string> known_addresses;
    std::map<std::string, std::string> path_by_name;
    for (const Value& table : array.tables()) {
        Draft draft{.peer = {}, .policy = &loading.policy, .known_addresses = &known_addresses};
        draft.peer.name = "peer-" + std::to_string(loading.policy.peers.size() + 1);
        read_table(table, kPeerFields, draft);
        check_protocols(table, draft);
        if (!table.member("address")) table.error(R"(missing "address", the peer's addresses or prefixes)");
        const auto [same, is_new] = path_by_name.try_emplace(draft.peer.name, table.path());
        if (!is_new) table.error("has the name of " + same->second + ", " + in_quotes(draft.peer.name));
        loading.policy.peers.push_back(std::move(draft.peer));
        loading.peer_values.push_back(table);
    }
}

void list_peer_keys(std::vector<std::string>& to) { list_keys("peer", kPeerFields, to); }

}  // namespace keyline::policy::config
