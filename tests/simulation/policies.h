// The policies of simulated hosts, as values.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policy/policy.h"

namespace keyline::simulation {

inline constexpr std::uint32_t kRule = 7;

struct Wishes {
    std::vector<policy::AuthMethod> auth{policy::AuthMethod::kKerberos};
    std::vector<policy::DhGroup> dh_groups{policy::DhGroup::kNone};
    std::vector<policy::EspSuite> suites{{policy::Encryption::kAesGcm16, 16, policy::Integrity::kNone}};
    policy::DhGroup pfs = policy::DhGroup::kNone;
    std::optional<std::uint32_t> key_dictation_weight;
    policy::Lifetime lifetime{.soft_time = std::chrono::minutes(48), .hard_time = std::chrono::hours(1)};
    std::chrono::seconds mm_lifetime = std::chrono::hours(8);
    std::uint64_t mm_lifetime_octets = 0;
    bool tunnel = false;
    bool auth_firewall = false;                       // not with tunnel
    bool per_port = false;                            // an SA for each TCP port
    std::vector<policy::AuthMethod> extended_auth{};  // empty: no extended mode
    policy::Negotiation negotiation = policy::Negotiation::kRequire;
    bool guarantee_encryption = false;
    bool users_in_main_mode = false;  // users are proved there, and not in extended mode
    std::string explicit_mm{};        // name of explicit credentials
    std::string explicit_em{};
    std::string local;
    std::string remote;
    std::string remote_principal;
    std::string remote_x509_name;
    bool permits_explicit = false;     // in both modes
    std::vector<std::string> users{};  // that the peer's may be
    std::string key_export;
    std::vector<policy::Protocol> protocols{policy::Protocol::kAuthip};
};

// A host that protects everything between `local` and `remote` (in tunnel mode, between networks behind them)
// by rule kRule.
inline std::shared_ptr<policy::Policy> make_policy(const Wishes& wishes) {
    auto result = std::make_shared<policy::Policy>();
    const IpAddress local = *IpAddress::parse(wishes.local);
    const IpAddress remote = *IpAddress::parse(wishes.remote);
    result->debug.key_export = wishes.key_export;
    policy::MainMode& main_mode = result->main_modes.front();
    main_mode.auth = wishes.auth;
    main_mode.dh_groups = wishes.dh_groups;
    main_mode.lifetime = wishes.mm_lifetime;
    main_mode.lifetime_octets = wishes.mm_lifetime_octets;
    policy::QuickMode& quick_mode = result->quick_modes.front();
    quick_mode.suites = wishes.suites;
    quick_mode.pfs_group = wishes.pfs;
    quick_mode.key_dictation_weight = wishes.key_dictation_weight;
    quick_mode.lifetime = wishes.lifetime;
    policy::Rule rule{.id = kRule, .name = "protect"};
    rule.extended_auth = wishes.extended_auth;
    rule.negotiation = wishes.negotiation;
    rule.guarantee_encryption = wishes.guarantee_encryption;
    rule.impersonation_mm = wishes.users_in_main_mode;
    rule.impersonation_em = !wishes.extended_auth.empty() && !wishes.users_in_main_mode;
    rule.per_user = rule.impersonation_mm || rule.impersonation_em;
    rule.explicit_mm = wishes.explicit_mm;
    rule.explicit_em = wishes.explicit_em;
    if (wishes.tunnel) {
        const auto behind = [](const IpAddress& end) {
            Bytes octets(end.octets().begin(), end.octets().end());
            octets[0] = octets.back();  // z.0.0.0/8 is behind a.b.c.z
            return Prefix{IpAddress::from_octets(octets)->masked(8), 8};
        };
        rule.mode = policy::Mode::kTunnel;
        rule.tunnel = policy::TunnelEndpoints{local, remote};
        rule.selectors = {{.local = behind(local), .remote = behind(remote)}};
        rule.populate = {};
    } else {
        rule.selectors = {{.local = Prefix::host(local), .remote = Prefix::host(remote)}};
        rule.populate = policy::kHostPair;
    }
    if (wishes.auth_firewall) rule.mode = policy::Mode::kAuthenticatedFirewall;
    if (wishes.per_port) {
        rule.populate.protocol = true;
        rule.populate.remote_port = true;
        rule.populate.local_port = true;
    }
    result->rules = {rule};
    if (!wishes.remote_principal.empty() || wishes.permits_explicit || !wishes.users.empty() ||
        wishes.protocols != std::vector{policy::Protocol::kAuthip}) {
        result->peers = {{.name = "peer",
                          .addresses = {Prefix::host(remote)},
                          .principal = wishes.remote_principal,
                          .x509_name = wishes.remote_x509_name,
                          .explicit_credentials_mm = wishes.permits_explicit,
                          .explicit_credentials_em = wishes.permits_explicit,
                          .users = wishes.users,
                          .protocols = wishes.protocols}};
    }
    return result;
}

}  // namespace keyline::simulation
