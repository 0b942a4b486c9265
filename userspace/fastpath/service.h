// The process: opens the instance, starts the workers, keeps kl_config told that they live, and stops them on
// a signal.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "shared/config.h"

namespace keyline::fastpath {

struct ServiceOptions {
    std::string instance = "main";
    std::uint32_t workers = 0;  // 0: one per CPU that may be used
    kl_crypto_engine engine = KL_CRYPTO_NONE;
    std::vector<int> cpus;  // worker i runs on cpus[i % size]; empty: wherever the kernel likes
};

// Returns after SIGINT or SIGTERM; an error when it cannot start, or when the instance went away.
std::expected<void, std::string> run_service(const ServiceOptions& options);

}  // namespace keyline::fastpath
