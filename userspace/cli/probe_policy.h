// The policy that a probe negotiates under: one rule, from the configuration or from options alone.
#pragma once

#include <expected>
#include <string>

#include "base/ip_address.h"
#include "cli/probe_options.h"
#include "policy/policy.h"

namespace keyline::cli {

struct ProbePlan {
    policy::Policy policy;       // its one rule protects `packet`
    policy::PacketTuple packet;  // what the negotiation is for
};

// `local` is the address to negotiate from. The error is one line that names the option or the key of the
// configuration.
std::expected<ProbePlan, std::string> plan_probe(const ProbeOptions& options, const IpAddress& local);

}  // namespace keyline::cli
