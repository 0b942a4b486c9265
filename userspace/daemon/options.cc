#include "daemon/options.h"

#include <CLI/CLI.hpp>
#include <map>

namespace keyline::daemon {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  keylined --check --config new.toml    read a configuration and tell what is wrong with it\n"
    "  keylined                              protect this host as /etc/keyline/keyline.toml says\n"
    "  keylined --no-datapath                answer and negotiate, touch no interface\n"
    "  keylined --purge                      after keylined has ended: let traffic pass unprotected again\n"
    "\n"
    "Signals: SIGHUP reloads the configuration (a bad one changes nothing). SIGTERM and SIGINT delete the "
    "SAs, tell the\n"
    "peers and end; a second one ends at once. The programs in the kernel stay: what policy protects stays "
    "blocked until\n"
    "keylined runs again or `keylined --purge` removes them.\n"
    "\n"
    "Exit codes: 0 ended as asked; 1 could not start or go on; 2 wrong command line. See keylined(8), "
    "keyline(8).\n";

}  // namespace

ParsedOptions parse_options(int argc, const char* const* argv, std::ostream& out, std::ostream& err) {
    Options options;
    std::string instance;
    bool no_datapath = false;
    const std::map<std::string, spdlog::level::level_enum> levels{{"debug", spdlog::level::debug},
                                                                  {"info", spdlog::level::info},
                                                                  {"warning", spdlog::level::warn},
                                                                  {"error", spdlog::level::err}};

    CLI::App app{"Negotiates AuthIP and carries the traffic that it keys.", "keylined"};
    app.set_version_flag("--version", "keylined " KEYLINE_VERSION);
    app.add_option("--config", options.config, "Configuration file")
        ->type_name("FILE")
        ->capture_default_str();
    app.add_option("--instance", instance, "Name of this instance, instead of host.instance")
        ->type_name("NAME")
        ->check([](const std::string& name) {
            return valid_instance_name(name) ? "" : "an instance's name is 1 to 11 of a-z, 0-9 and '-'";
        });
    app.add_option("--run-dir", options.run_directory, "Directory of the control socket and the lock")
        ->type_name("DIR")
        ->capture_default_str();
    app.add_flag("--no-datapath", no_datapath, "Answer and negotiate, but load and attach nothing");
    app.add_option("--log-level", options.log_level, "debug, info, warning or error")
        ->type_name("LEVEL")
        ->default_str("info")
        ->transform(CLI::CheckedTransformer(levels, CLI::ignore_case).description(""));
    CLI::Option* const check =
        app.add_flag("--check", options.check, "Read the configuration, tell what is wrong with it, and end");
    app.add_flag("--purge", options.purge,
                 "Remove the programs, maps and interfaces an instance left, and end")
        ->excludes(check);
    app.footer(kExamples);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const bool asked = error.get_exit_code() == 0;
        app.exit(error, out, err);
        return {std::nullopt, asked ? 0 : 2};
    }
    if (!instance.empty()) options.instance = instance;
    options.datapath = !no_datapath;
    return {options, 0};
}

}  // namespace keyline::daemon
