// The tables of the file, each read by its own function into the policy being loaded. The order of the calls
// is that of the declarations: peers name main modes, rules name quick modes, main modes name credentials.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/config/messages.h"
#include "policy/config/value.h"
#include "policy/policy.h"

namespace keyline::policy::config {

struct Loading {
    Policy policy;
    // Where each peer and rule stands in the file, in the order of the policy's lists.
    std::vector<Value> peer_values;
    std::vector<Value> rule_values;
    // The default main mode takes its methods from the file.
    bool auth_is_given = false;
};

void read_host(const Value& table, Loading& loading);
void read_datapath(const Value& table, Loading& loading);
void read_keying(const Value& table, Loading& loading);
void read_debug(const Value& table, Loading& loading);
void read_auth(const Value& table, Loading& loading);
void read_main_mode(const Value& table, Loading& loading);
void read_quick_mode(const Value& table, Loading& loading);
void read_peers(const Value& array, Loading& loading);
void read_rules(const Value& array, Loading& loading);

// What no single table shows: missing credentials, rules and peers that are never reached.
void check_whole(const Loading& loading, Messages& messages);

void list_host_keys(std::vector<std::string>& to);
void list_keying_keys(std::vector<std::string>& to);
void list_auth_keys(std::vector<std::string>& to);
void list_main_mode_keys(std::vector<std::string>& to);
void list_quick_mode_keys(std::vector<std::string>& to);
void list_peer_keys(std::vector<std::string>& to);
void list_rule_keys(std::vector<std::string>& to);

// An ordered list of methods, each of which has its credentials.
std::vector<AuthMethod> read_auth_methods(const Value& list, Auth& credentials);
// "host/a.example.com@EXAMPLE.COM", "A$@EXAMPLE.COM".
std::optional<std::string> read_principal(const Value& value);
// One Diffie-Hellman group by name; warns of weak ones.
std::optional<DhGroup> read_dh_group(const Value& value);

}  // namespace keyline::policy::config
