#include "cli/probe_policy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "policy/config.h"
#include "policy/lookup.h"

namespace keyline::cli {
namespace {

using policy::Policy;
using policy::Rule;
using policy::Selector;

std::expected<Policy, std::string> load(const std::filesystem::path& config) {
    auto loaded = policy::load_file(config);
    if (loaded) return std::move(loaded->policy);
    std::vector<std::string> lines;
    for (const policy::ConfigError& error : loaded.error())
        lines.push_back(error.to_string());
    return std::unexpected(fmt::format("{}", fmt::join(lines, "\n")));
}

// The first selector of a protect rule that a negotiation with `peer` serves.
const Selector* selector_for(const Rule& rule, const IpAddress& local, const IpAddress& peer) {
    if (rule.action != policy::RuleAction::kProtect) return nullptr;
    if (rule.tunnel) {
        const bool ends_match = rule.tunnel->remote == peer && rule.tunnel->local == local;
        return ends_match && !rule.selectors.empty() ? &rule.selectors.front() : nullptr;
    }
    const auto found = std::ranges::find_if(rule.selectors, [&](const Selector& selector) {
        return selector.local.contains(local) && selector.remote.contains(peer);
    });
    return found == rule.selectors.end() ? nullptr : &*found;
}

// Leaves the one rule that covers the peer; a policy without rules gets a rule for the host pair.
std::expected<void, std::string> choose_rule(Policy& policy, const ProbeOptions& options,
                                             const IpAddress& local) {
    if (!options.config) {
        policy.rules = {Rule{.id = 1,
                             .name = "probe",
                             .selectors = {{Prefix::host(local), Prefix::host(options.peer)}},
                             .action = policy::RuleAction::kProtect}};
        return {};
    }
    for (const Rule& rule : policy.rules) {
        const Selector* const selector = selector_for(rule, local, options.peer);
        if (selector == nullptr) continue;
        Rule chosen = rule;
        chosen.selectors = {*selector};
        policy.rules = {std::move(chosen)};
        return {};
    }
    return std::unexpected(
        fmt::format("{}: no protect rule covers {} -> {}; add one, or probe with --no-config and options",
                    options.config->string(), local.to_string(), options.peer.to_string()));
}

std::expected<void, std::string> override_rule(Policy& policy, const ProbeOptions& options,
                                               const IpAddress& local) {
    Rule& rule = policy.rules.front();
    Selector& selector = rule.selectors.front();
    if (options.selector_local) selector.local = *options.selector_local;
    if (options.selector_remote) selector.remote = *options.selector_remote;
    if (selector.local.address.family() != selector.remote.address.family()) {
        return std::unexpected("--selector-local and --selector-remote are of different address families");
    }
    if (options.mode) {
        rule.mode = *options.mode;
        rule.tunnel.reset();
        if (rule.mode == policy::Mode::kTunnel) {
            rule.tunnel = policy::TunnelEndpoints{local, options.peer};
            rule.populate = {};
        }
    }
    if (rule.mode != policy::Mode::kTunnel &&
        !(selector.local.contains(local) && selector.remote.contains(options.peer))) {
        return std::unexpected(
            fmt::format("{} mode protects {} -> {}, which the selectors do not cover; use --mode tunnel",
                        policy::to_string(rule.mode), local.to_string(), options.peer.to_string()));
    }
    return {};
}

void override_main_mode(Policy& policy, const ProbeOptions& options) {
    const policy::Lookup lookup(std::make_shared<const Policy>(policy));
    policy::MainMode mode = lookup.main_mode(options.peer);
    policy::Peer peer = lookup.peer(options.peer) != nullptr ? *lookup.peer(options.peer) : policy::Peer{};
    if (!options.auth.empty()) mode.auth = options.auth;
    if (!options.mm_proposals.empty()) mode.proposals = options.mm_proposals;
    if (options.dh_group) mode.dh_groups = {*options.dh_group};
    if (!options.peer_name.empty()) {
        const bool is_principal = options.peer_name.find_first_of("/@$") != std::string::npos;
        (is_principal ? peer.principal : peer.tls_name) = options.peer_name;
    }
    peer.name = "probe";
    peer.addresses = {Prefix::host(options.peer)};
    peer.main_mode = 0;
    policy.main_modes = {std::move(mode)};
    policy.peers = {std::move(peer)};
    if (!options.auth.empty()) policy.rules.front().auth.clear();
}

void override_kerberos(policy::KerberosAuth& kerberos, const ProbeOptions& options) {
    if (!options.principal.empty()) kerberos.principal = options.principal;
    if (!options.keytab.empty()) kerberos.keytab = options.keytab;
    if (!options.ccache.empty()) kerberos.ccache = options.ccache;
}

void override_tls(policy::TlsAuth& tls, const ProbeOptions& options) {
    if (!options.certificate.empty()) tls.certificates = {{options.certificate, options.key}};
    if (!options.ca.empty()) tls.ca = {options.ca};
    if (!options.crl.empty()) tls.crl = {options.crl};
    if (options.one_way) tls.mutual = false;
}

void override_ntlm(policy::NtlmAuth& ntlm, const ProbeOptions& options) {
    if (options.ntlm_account.empty()) return;
    const std::size_t backslash = options.ntlm_account.find('\\');
    const bool qualified = backslash != std::string::npos;
    ntlm.domain = qualified ? options.ntlm_account.substr(0, backslash) : "";
    ntlm.user = qualified ? options.ntlm_account.substr(backslash + 1) : options.ntlm_account;
    ntlm.password = options.password;
}

void override_credentials(policy::Auth& auth, const ProbeOptions& options,
                          const std::vector<policy::AuthMethod>& methods) {
    using policy::AuthMethod;
    if (std::ranges::find(methods, AuthMethod::kKerberos) != methods.end() && !auth.kerberos)
        auth.kerberos.emplace();
    if (std::ranges::find(methods, AuthMethod::kAnonymous) != methods.end() && !auth.anonymous)
        auth.anonymous.emplace();
    if (auth.kerberos) override_kerberos(*auth.kerberos, options);
    if (std::ranges::find(methods, AuthMethod::kTls) != methods.end()) {
        if (!auth.tls) auth.tls = policy::TlsAuth{.mutual = !options.certificate.empty()};
        override_tls(*auth.tls, options);
    }
    if (std::ranges::find(methods, AuthMethod::kNtlm) != methods.end()) {
        if (!auth.ntlm) auth.ntlm.emplace();
        override_ntlm(*auth.ntlm, options);
    }
}

void override_quick_mode(Policy& policy, const ProbeOptions& options) {
    policy::QuickMode mode = policy.quick_mode_of(policy.rules.front());
    if (!options.qm_suites.empty()) mode.suites = options.qm_suites;
    if (options.pfs_group) mode.pfs_group = *options.pfs_group;
    policy.quick_modes = {std::move(mode)};
    policy.rules.front().quick_mode = 0;
}

}  // namespace

std::expected<ProbePlan, std::string> plan_probe(const ProbeOptions& options, const IpAddress& local) {
    if (local.family() != options.peer.family()) {
        return std::unexpected(fmt::format("--local {} and the peer {} are of different address families",
                                           local.to_string(), options.peer.to_string()));
    }
    ProbePlan plan;
    if (options.config) {
        auto loaded = load(*options.config);
        if (!loaded) return std::unexpected(loaded.error());
        plan.policy = std::move(*loaded);
    }
    plan.policy.host.port = options.peer_port;
    plan.policy.host.listen = {local};
    plan.policy.debug.key_export = options.export_keys;
    if (const auto chosen = choose_rule(plan.policy, options, local); !chosen)
        return std::unexpected(chosen.error());
    if (const auto done = override_rule(plan.policy, options, local); !done)
        return std::unexpected(done.error());
    override_main_mode(plan.policy, options);
    override_quick_mode(plan.policy, options);
    override_credentials(plan.policy.auth, options, plan.policy.main_modes.front().auth);

    const Rule& rule = plan.policy.rules.front();
    const Selector& selector = rule.selectors.front();
    const bool tunnel = rule.mode == policy::Mode::kTunnel;
    plan.packet = {tunnel ? selector.local.address : local, tunnel ? selector.remote.address : options.peer,
                   selector.protocol, selector.local_port, selector.remote_port};
    return plan;
}

}  // namespace keyline::cli
