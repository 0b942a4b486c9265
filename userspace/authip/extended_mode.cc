#include "authip/extended_mode.h"

#include <algorithm>

namespace keyline::authip {
namespace {

bool contains(const std::vector<policy::AuthMethod>& methods, auth::MethodId id) {
    return std::ranges::find(methods, static_cast<policy::AuthMethod>(id)) != methods.end();
}

// MS-AIPS 3.1.4.1. Root is the machine, whatever the rule says of users.
Credentials credentials_for(const Session& session, bool of_user, const std::string& explicit_name) {
    return {{.impersonation = of_user && session.impersonation_handle != 0,
             .explicit_credentials = !explicit_name.empty()},
            explicit_name};
}

Credentials main_mode_credentials(const Session& session, const policy::Rule& rule) {
    return credentials_for(session, rule.impersonation_mm, rule.explicit_mm);
}

Credentials extended_mode_credentials(const Session& session, const policy::Rule& rule) {
    return credentials_for(session, rule.impersonation_em, rule.explicit_em);
}

}  // namespace

void plan_authentication(Session& session, const exchange::Host& host, const policy::Rule& rule,
                         policy::DhGroup group) {
    if (session.initiator()) session.credentials = main_mode_credentials(session, rule);
    if (rule.extended_auth.empty()) return;
    session.extended.emplace();
    session.extended->methods = usable_methods(rule.extended_auth, host, group);
    if (session.initiator()) session.extended->credentials = extended_mode_credentials(session, rule);
}

// One of the rule's methods has proved the peer or, as long as none has, no other can. A responder takes
// whose credentials the peer likes.
bool Session::authenticates_for(const policy::Rule& rule) const {
    if (initiator() && credentials != main_mode_credentials(*this, rule)) return false;
    if (rule.extended_auth.empty()) return true;
    if (!extended || extended->methods.empty()) return false;
    if (initiator() && extended->credentials != extended_mode_credentials(*this, rule)) return false;
    if (extended->method) return contains(rule.extended_auth, *extended->method);
    return std::ranges::all_of(extended->methods,
                               [&](auth::MethodId id) { return contains(rule.extended_auth, id); });
}

std::optional<exchange::EmProof> Session::extended_proof() const {
    if (!established || !extended) return std::nullopt;
    return exchange::EmProof{
        .method = *extended->method, .peer = extended->proved_peer, .credentials = extended->credentials};
}

}  // namespace keyline::authip
