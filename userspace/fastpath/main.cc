// keyline-fastpath: the AF_XDP workers of one instance, as a process of their own.
#include <CLI/CLI.hpp>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <map>

#include "fastpath/service.h"

int main(int argc, char** argv) {
    keyline::fastpath::ServiceOptions options;
    std::string log_level = "info";
    CLI::App app{
        "Carries ESP between AF_XDP sockets for the SAs that keylined negotiates.\n"
        "keylined must run for the same instance; keys come from its maps alone.",
        "keyline-fastpath"};
    const std::map<std::string, kl_crypto_engine> engines{
        {"auto", KL_CRYPTO_NONE}, {"openssl", KL_CRYPTO_OPENSSL}, {"ipsec-mb", KL_CRYPTO_IPSEC_MB}};
    app.add_option("--instance", options.instance, "Name of keylined's instance")->capture_default_str();
    app.add_option("--workers", options.workers, "Worker threads, at most 16 [one per usable CPU]")
        ->check(CLI::Range(1, KL_MAX_WORKERS));
    app.add_option("--engine", options.engine, "Cryptography: auto, openssl or ipsec-mb [auto]")
        ->transform(CLI::Transformer(engines))
        ->check(CLI::IsMember(engines));
    app.add_option("--cpu", options.cpus, "CPUs to run on, one worker after the other: 2,3,4")
        ->delimiter(',')
        ->check(CLI::Range(0, 1023));
    app.add_option("--log-level", log_level, "debug, info, warn or error")
        ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
        ->capture_default_str();
    app.footer("Example: keyline-fastpath --instance main --workers 2 --cpu 2,3");
    CLI11_PARSE(app, argc, argv);

    spdlog::set_default_logger(spdlog::stderr_color_mt("keyline-fastpath"));
    spdlog::set_level(spdlog::level::from_str(log_level));
    spdlog::set_pattern("%^%l%$ %v");
    if (const auto ended = keyline::fastpath::run_service(options); !ended) {
        spdlog::error("{}", ended.error());
        return 1;
    }
    return 0;
}
