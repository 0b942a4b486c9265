#include "cli/probe_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "cli/endpoint_text.h"
#include "cli/probe.h"

namespace keyline::cli {
namespace {

constexpr const char* kFooter =
    "Negotiates once in this process, tells what was offered, chosen and refused, by whom and why, and "
    "deletes the SAs at\n"
    "the peer again. Installs nothing; needs no daemon, no BPF and, where port 500 is not to be had, no "
    "root. Rules,\n"
    "proposals and credentials are those of the configuration for this peer, except where options say "
    "otherwise; with\n"
    "--no-config, or without a configuration, options alone decide.\n"
    "\n"
    "Examples:\n"
    "  keyline probe 192.0.2.7\n"
    "  keyline probe 192.0.2.7 --auth anonymous --dh ecp256 --no-config\n"
    "  keyline probe 192.0.2.7 --no-config --principal host/a.example.com --keytab /etc/krb5.keytab\n"
    "  keyline probe 192.0.2.7 --no-config --auth tls --certificate a.pem --key a.key --ca ca.pem\n"
    "  keyline probe 192.0.2.7 --mm-proposal aes-cbc-128/sha1 --qm-proposal aes-gcm-16-128 --pfs ecp256\n"
    "  keyline probe 192.0.2.7 --json | jq -r .failure\n"
    "\n"
    "Exit codes: 0 success; 1 nothing could be sent; 2 wrong options; 5 refused, or nobody answered.\n";

// The options as text; `read` makes values of them.
struct Arguments {
    std::string peer_position, peer_option, local, config = std::string(daemon::kDefaultConfig);
    bool no_config = false;
    std::uint16_t port = 500;
    std::vector<std::string> auth, mm_proposals, qm_suites;
    std::string principal, keytab, ccache, certificate, key, ca, crl, ntlm_account, password, peer_name,
        dh_group, pfs_group, mode, selector_local, selector_remote, export_keys;
    std::uint32_t timeout = 60;
    bool one_way = false;
    bool config_given = false;
};

using Read = std::expected<void, std::string>;

// Takes `text` into `value` by `parse` unless it is empty.
template <typename Value, typename Parse>
Read read_one(const char* option, const std::string& text, Value& value, const char* expected, Parse parse) {
    if (text.empty()) return {};
    const auto parsed = parse(text);
    if (!parsed) return std::unexpected(fmt::format("{} {}: expected {}", option, text, expected));
    value = *parsed;
    return {};
}

template <typename Value, typename Parse>
Read read_list(const char* option, const std::vector<std::string>& words, std::vector<Value>& values,
               const char* expected, Parse parse) {
    for (const std::string& word : words) {
        const auto parsed = parse(word);
        if (!parsed) return std::unexpected(fmt::format("{} {}: expected {}", option, word, expected));
        values.push_back(*parsed);
    }
    return {};
}

Read read_peer(const Arguments& arguments, ProbeOptions& options) {
    const std::string& peer = arguments.peer_option.empty() ? arguments.peer_position : arguments.peer_option;
    if (peer.empty()) return std::unexpected("name the peer: `keyline probe 192.0.2.7`");
    return read_one("PEER", peer, options.peer, "an address as 192.0.2.1 or 2001:db8::1",
                    [](const std::string& text) { return IpAddress::parse(text); });
}

Read read_config(const Arguments& arguments, ProbeOptions& options) {
    std::error_code ignored;
    if (arguments.no_config) return {};
    if (arguments.config_given || std::filesystem::exists(arguments.config, ignored))
        options.config = arguments.config;
    return {};
}

Read check_pair(const char* one, const std::string& first, const char* other, const std::string& second) {
    if (first.empty() == second.empty()) return {};
    return std::unexpected(fmt::format("{} and {} go together", one, other));
}

std::expected<ProbeOptions, std::string> read(const Arguments& arguments) {
    ProbeOptions options;
    options.peer_port = arguments.port;
    options.principal = arguments.principal;
    options.keytab = arguments.keytab;
    options.ccache = arguments.ccache;
    options.certificate = arguments.certificate;
    options.key = arguments.key;
    options.ca = arguments.ca;
    options.crl = arguments.crl;
    options.one_way = arguments.one_way;
    options.ntlm_account = arguments.ntlm_account;
    options.password = arguments.password;
    options.peer_name = arguments.peer_name;
    options.timeout = std::chrono::seconds(arguments.timeout);
    if (!arguments.export_keys.empty())
        options.export_keys = std::filesystem::absolute(arguments.export_keys).string();
    const auto prefix = [](const std::string& text) { return Prefix::parse(text); };
    const auto group = [](const std::string& text) { return policy::parse_dh_group(text); };
    const Read reads[] = {
        read_peer(arguments, options),
        read_config(arguments, options),
        check_pair("--certificate", arguments.certificate, "--key", arguments.key),
        check_pair("--ntlm-account", arguments.ntlm_account, "--password-file", arguments.password),
        read_one("--local", arguments.local, options.local, "ADDRESS or ADDRESS:PORT",
                 [](const std::string& text) { return parse_endpoint(text, 0); }),
        read_list("--auth", arguments.auth, options.auth, "kerberos, anonymous, tls or ntlm",
                  [](const std::string& text) { return policy::parse_auth_method(text); }),
        read_list("--mm-proposal", arguments.mm_proposals, options.mm_proposals,
                  "names such as aes-cbc-256/sha2-256",
                  [](const std::string& text) { return policy::MmProposal::parse(text); }),
        read_list("--qm-proposal", arguments.qm_suites, options.qm_suites,
                  "names such as aes-gcm-16-256 or aes-cbc-128/hmac-sha1-96",
                  [](const std::string& text) { return policy::EspSuite::parse(text); }),
        read_one("--dh", arguments.dh_group, options.dh_group, "a group such as none, ecp256 or modp2048",
                 group),
        read_one("--pfs", arguments.pfs_group, options.pfs_group, "a group such as none, ecp256 or modp2048",
                 group),
        read_one("--mode", arguments.mode, options.mode, "transport, tunnel or authenticated-firewall",
                 policy::parse_mode),
        read_one("--selector-local", arguments.selector_local, options.selector_local,
                 "a prefix such as 10.1.0.0/16", prefix),
        read_one("--selector-remote", arguments.selector_remote, options.selector_remote,
                 "a prefix such as 10.2.0.0/16", prefix),
    };
    for (const Read& result : reads) {
        if (!result) return std::unexpected(result.error());
    }
    return options;
}

ExitCode run_probe(const Arguments& arguments, Context& context) {
    const auto options = read(arguments);
    if (!options) {
        context.err << "keyline probe: " << options.error() << '\n';
        return kUsage;
    }
    ProbeLog log(context.out, context.json);
    const auto probe = Probe::prepare(*options, log);
    if (probe) return (*probe)->run();
    context.err << "keyline probe: " << probe.error() << '\n';
    if (context.json) context.out << daemon::to_line({{"ok", false}, {"failure", probe.error()}}) << '\n';
    return kFailure;
}

}  // namespace

void add_probe(CLI::App& app, Context& context) {
    const auto arguments = std::make_shared<Arguments>();
    CLI::App* const command =
        app.add_subcommand("probe", "Would a negotiation with this peer succeed? If not, why?");
    Arguments& a = *arguments;
    const auto option = [&](const char* name, auto& value, const char* help, const char* type) {
        return command->add_option(name, value, help)->type_name(type);
    };
    CLI::Option* const position = command->add_option("PEER", a.peer_position, "The peer's address");
    option("--peer", a.peer_option, "The same, as an option", "ADDRESS")->excludes(position);
    option("--port", a.port, "The peer's port", "PORT")->capture_default_str();
    option("--local", a.local, "Negotiate from here; without, the route decides", "ADDRESS[:PORT]");
    CLI::Option* const config =
        option("--config", a.config, "Configuration file", "FILE")->capture_default_str();
    command->add_flag("--no-config", a.no_config, "Read no configuration")->excludes(config);
    option("--auth", a.auth, "Authentication methods, in this order", "LIST")->delimiter(',');
    option("--principal", a.principal, "This host's Kerberos name", "NAME");
    option("--keytab", a.keytab, "Keytab with its key", "FILE");
    option("--ccache", a.ccache, "Credential cache to negotiate with", "CACHE");
    option("--certificate", a.certificate, "This host's certificate for TLS, with its chain", "FILE");
    option("--key", a.key, "The certificate's private key", "FILE");
    option("--ca", a.ca, "CAs that the peer's certificate may be of", "FILE");
    option("--crl", a.crl, "CRLs of these CAs", "FILE");
    command->add_flag("--one-way", a.one_way, "TLS authenticates the peer alone");
    option("--ntlm-account", a.ntlm_account, "DOMAIN\\user for NTLM", "ACCOUNT");
    option("--password-file", a.password, "File with the account's password", "FILE");
    option("--peer-name", a.peer_name, "The name that the peer must prove", "NAME");
    option("--mm-proposal", a.mm_proposals, "Main mode proposals, in this order", "LIST")->delimiter(',');
    option("--dh", a.dh_group, "Main mode Diffie-Hellman group", "GROUP");
    option("--qm-proposal", a.qm_suites, "ESP suites, in this order", "LIST")->delimiter(',');
    option("--pfs", a.pfs_group, "Quick mode Diffie-Hellman group", "GROUP");
    option("--mode", a.mode, "transport, tunnel or authenticated-firewall", "MODE");
    option("--selector-local", a.selector_local, "Traffic on this side", "PREFIX");
    option("--selector-remote", a.selector_remote, "Traffic on the peer's side", "PREFIX");
    option("--timeout", a.timeout, "Give up after this many seconds", "SECONDS")
        ->capture_default_str()
        ->check(CLI::Range(1, 3600).description(""));
    option("--export-keys", a.export_keys, "Write the keys here, for Wireshark", "DIRECTORY");
    command->add_flag("--json", context.json, "Print JSON, one line");
    command->footer(kFooter);
    command->callback([arguments, config, &context] {
        arguments->config_given = config->count() != 0;
        context.command = [arguments, &context] { return run_probe(*arguments, context); };
    });
}

}  // namespace keyline::cli
