#include "authip/method_list.h"

#include <algorithm>

namespace keyline::authip {

wire::Auth auth_payload(const Methods& methods) {
    wire::Auth auth;
    for (const auth::MethodId method : methods)
        auth.methods.push_back({static_cast<std::uint16_t>(method), 0});
    return auth;
}

Methods ids_of(const wire::Auth& auth) {
    Methods ids;
    for (const wire::Auth::Method& entry : auth.methods)
        ids.push_back(static_cast<auth::MethodId>(entry.method));
    return ids;
}

Methods usable_methods(const std::vector<policy::AuthMethod>& allowed, const exchange::Host& host,
                       policy::DhGroup group) {
    Methods methods;
    for (const policy::AuthMethod method : allowed) {
        const auto id = static_cast<auth::MethodId>(method);
        if (host.method(id) == nullptr) continue;
        if (policy::needs_dh(method) && group == policy::DhGroup::kNone) continue;
        methods.push_back(id);
    }
    return methods;
}

void keep_proving(Methods& methods, const exchange::Host& host, auth::End end) {
    std::erase_if(methods, [&](auth::MethodId id) { return !host.method(id)->proves_peer_to(end); });
}

Methods acceptable_methods(const wire::Auth& offered, const Methods& usable) {
    Methods methods;
    for (const auth::MethodId method : ids_of(offered)) {
        const bool known = std::ranges::find(methods, method) != methods.end();
        if (!known && std::ranges::find(usable, method) != usable.end()) methods.push_back(method);
    }
    return methods;
}

std::optional<Methods> agreed_methods(const wire::Auth& answer, const Methods& offered) {
    Methods agreed;
    auto rest = offered.begin();
    for (const auth::MethodId method : ids_of(answer)) {
        rest = std::find(rest, offered.end(), method);
        if (rest == offered.end()) return std::nullopt;
        agreed.push_back(method);
        ++rest;
    }
    if (agreed.empty()) return std::nullopt;
    return agreed;
}

std::string announced_name(const Methods& methods, const exchange::Host& host) {
    const auto kerberos = std::ranges::find(methods, auth::MethodId::kKerberos);
    return host.method(kerberos == methods.end() ? methods.front() : *kerberos)->local_name();
}

}  // namespace keyline::authip
