// keyline-fastpath: the AF_XDP workers of one instance, as a process of their own.
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <string>

#include "fastpath/service.h"

constexpr int kExitFailure = 1;
constexpr int kExitUsage = 2;

int main(int argc, char** argv) {
    keyline::fastpath::ServiceOptions options;
    std::string engine = "auto";
    std::string log_level = "info";
    CLI::App app{
        "Carries ESP between AF_XDP sockets for the SAs that keylined negotiates.\n"
        "keylined must run for the same instance; keys come from its maps alone.",
        "keyline-fastpath"};
    app.add_option("--instance", options.instance, "Name of keylined's instance")->option_text("NAME=main");
    app.add_option("--workers", options.workers,
                   "Worker threads, at most 16; one per usable CPU unless given")
        ->check(CLI::Range(1, KL_MAX_WORKERS))
        ->option_text("N");
    app.add_option("--engine", engine, "Cryptography: auto, openssl or ipsec-mb")
        ->check(CLI::IsMember({"auto", "openssl", "ipsec-mb"}))
        ->option_text("NAME=auto");
    app.add_option("--cpu", options.cpus, "CPUs to run on, one worker after the other: 2,3,4")
        ->delimiter(',')
        ->check(CLI::Range(0, 1023))
        ->option_text("LIST");
    app.add_option("--log-level", log_level, "debug, info, warn or error")
        ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
        ->option_text("LEVEL=info");
    app.footer("Example: keyline-fastpath --instance main --workers 2 --cpu 2,3");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : kExitUsage;
    }

    options.engine = engine == "openssl"    ? KL_CRYPTO_OPENSSL
                     : engine == "ipsec-mb" ? KL_CRYPTO_IPSEC_MB
                                            : KL_CRYPTO_NONE;

    spdlog::set_default_logger(spdlog::stderr_color_mt("keyline-fastpath"));
    spdlog::set_level(spdlog::level::from_str(log_level));
    spdlog::set_pattern("%^%l%$ %v");
    if (const auto ended = keyline::fastpath::run_service(options); !ended) {
        spdlog::error("{}", ended.error());
        return kExitFailure;
    }
    return 0;
}
