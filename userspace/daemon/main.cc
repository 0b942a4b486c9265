// keylined(8).
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <iostream>

#include "daemon/daemon.h"
#include "daemon/instance_lock.h"
#include "daemon/options.h"
#include "daemon/privileges.h"
#include "policy/config.h"

namespace {

using namespace keyline;
using namespace keyline::daemon;

// The journal has its own clock.
void set_up_log(spdlog::level::level_enum level) {
    const auto logger = spdlog::stderr_color_mt("keylined");
    logger->set_level(level);
    logger->set_pattern(std::getenv("JOURNAL_STREAM") != nullptr ? "%l: %v"
                                                                 : "%Y-%m-%dT%H:%M:%S.%e %^%l%$: %v");
    logger->flush_on(spdlog::level::debug);
    spdlog::set_default_logger(logger);
}

int fail(const std::string& message) {
    std::cerr << "keylined: " << message << '\n';
    return EXIT_FAILURE;
}

int purge(const Options& options, const std::string& instance) {
    const auto lock = lock_instance(options.run_directory, instance);
    if (!lock) return fail(lock.error());
    if (const auto purged = datapath::Datapath::purge(instance); !purged) return fail(purged.error());
    std::cout << "removed what instance \"" << instance
              << "\" had left in the kernel; its traffic passes unprotected\n";
    return EXIT_SUCCESS;
}

int serve(const Options& options, policy::Policy policy, const std::string& instance) {
    Daemon daemon(options, std::make_shared<const policy::Policy>(std::move(policy)), instance);
    if (const auto started = daemon.start(); !started) return fail(started.error());
    daemon.run();
    return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
    forbid_core_dumps();
    const ParsedOptions parsed = parse_options(argc, argv, std::cout, std::cerr);
    if (!parsed.options) return parsed.exit_code;
    const Options& options = *parsed.options;
    set_up_log(options.log_level);
    if (options.purge && options.instance) return purge(options, *options.instance);

    auto loaded = policy::load_file(options.config);
    if (!loaded) {
        for (const policy::ConfigError& error : loaded.error())
            std::cerr << error.to_string() << '\n';
        return EXIT_FAILURE;
    }
    for (const policy::ConfigWarning& warning : loaded->warnings)
        spdlog::warn("{}", warning.to_string());
    const std::string instance = options.instance.value_or(loaded->policy.host.instance);
    if (options.purge) return purge(options, instance);
    if (options.check) {
        std::cout << options.config.string() << ": no error\n";
        return EXIT_SUCCESS;
    }
    return serve(options, std::move(loaded->policy), instance);
}
