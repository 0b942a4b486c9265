#include "policy/main_mode.h"

#include <algorithm>

namespace keyline::policy {

bool needs_dh(AuthMethod method) {
    return method == AuthMethod::kAnonymous || method == AuthMethod::kNtlm ||
           protocol_of(method) == Protocol::kIkev1;
}

std::string MmProposal::to_string() const {
    return std::string(policy::to_string(encryption)).append("/").append(policy::to_string(hash));
}

std::optional<MmProposal> MmProposal::parse(std::string_view name) {
    const std::size_t slash = name.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto encryption = parse_mm_encryption(name.substr(0, slash));
    const auto hash = parse_mm_hash(name.substr(slash + 1));
    if (!encryption || !hash) return std::nullopt;
    return MmProposal{*encryption, *hash};
}

DhGroup MainMode::offered_group() const {
    const bool dh_wanted = std::ranges::any_of(auth, needs_dh);
    const auto offered =
        std::ranges::find_if(dh_groups, [&](DhGroup group) { return !dh_wanted || group != DhGroup::kNone; });
    return offered == dh_groups.end() ? DhGroup::kNone : *offered;
}

bool MainMode::accepts(DhGroup group) const { return std::ranges::find(dh_groups, group) != dh_groups.end(); }

MainMode MainMode::restricted_to(Protocol protocol) const {
    MainMode restricted = *this;
    std::erase_if(restricted.auth, [&](AuthMethod method) { return protocol_of(method) != protocol; });
    return restricted;
}

}  // namespace keyline::policy
