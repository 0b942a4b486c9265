#include "policy/names.h"

namespace keyline::policy {

std::string_view to_string(AuthMethod method) { return name_of(kAuthMethodNames, method); }
std::string_view to_string(Protocol protocol) { return name_of(kKeyingProtocolNames, protocol); }
std::string_view to_string(MmEncryption encryption) { return name_of(kMmEncryptionNames, encryption); }
std::string_view to_string(MmHash hash) { return name_of(kMmHashNames, hash); }
std::string_view to_string(DhGroup group) { return name_of(kDhGroupNames, group); }
std::string_view to_string(Direction direction) { return name_of(kDirectionNames, direction); }
std::string_view to_string(Mode mode) { return name_of(kModeNames, mode); }
std::string_view to_string(Engine engine) { return name_of(kEngineNames, engine); }
std::string_view to_string(Offload offload) { return name_of(kOffloadNames, offload); }
std::string_view to_string(InterfaceRole role) { return name_of(kInterfaceRoleNames, role); }
std::string_view to_string(RuleAction action) { return name_of(kRuleActionNames, action); }
std::string_view to_string(Negotiation negotiation) { return name_of(kNegotiationNames, negotiation); }
std::string_view to_string(QmKeyOrder order) { return name_of(kQmKeyOrderNames, order); }

std::optional<AuthMethod> parse_auth_method(std::string_view name) {
    return value_of(kAuthMethodNames, name);
}
std::optional<MmEncryption> parse_mm_encryption(std::string_view name) {
    return value_of(kMmEncryptionNames, name);
}
std::optional<MmHash> parse_mm_hash(std::string_view name) { return value_of(kMmHashNames, name); }
std::optional<DhGroup> parse_dh_group(std::string_view name) { return value_of(kDhGroupNames, name); }
std::optional<Mode> parse_mode(std::string_view name) { return value_of(kModeNames, name); }
std::optional<Engine> parse_engine(std::string_view name) { return value_of(kEngineNames, name); }
std::optional<InterfaceRole> parse_interface_role(std::string_view name) {
    return value_of(kInterfaceRoleNames, name);
}

}  // namespace keyline::policy
