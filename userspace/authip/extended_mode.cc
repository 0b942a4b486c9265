#include "authip/extended_mode.h"

#include <algorithm>

namespace keyline::authip {

void plan_extended_mode(Session& session, const exchange::Host& host, const policy::Rule& rule,
                        policy::DhGroup group) {
    if (rule.extended_auth.empty()) return;
    session.extended.emplace();
    session.extended->methods = usable_methods(rule.extended_auth, host, group);
    session.extended->impersonation = session.impersonation_handle != 0;
}

// One of the rule's methods has proved the peer or, as long as none has, no other can.
bool Session::gives_extended_auth(const policy::Rule& rule) const {
    if (rule.extended_auth.empty()) return true;
    if (!extended || extended->methods.empty()) return false;
    const auto allowed = [&](auth::MethodId id) {
        return std::ranges::find(rule.extended_auth, static_cast<policy::AuthMethod>(id)) !=
               rule.extended_auth.end();
    };
    return extended->method ? allowed(*extended->method) : std::ranges::all_of(extended->methods, allowed);
}

std::optional<exchange::EmProof> Session::extended_proof() const {
    if (!established || !extended) return std::nullopt;
    return exchange::EmProof{
        .method = *extended->method, .peer = extended->proved_peer, .impersonation = extended->impersonation};
}

}  // namespace keyline::authip
