// What `keyline probe` is asked to try. What is not set comes from the configuration, or from the defaults of
// one.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "policy/policy.h"

namespace keyline::cli {

struct ProbeOptions {
    IpAddress peer;
    std::uint16_t peer_port = 500;
    std::optional<Endpoint> local;  // port 0: not chosen
    std::optional<std::filesystem::path> config;

    std::vector<policy::AuthMethod> auth;
    std::string principal;
    std::string keytab;
    std::string ccache;
    std::string certificate;
    std::string key;
    std::string ca;
    std::string crl;
    bool one_way = false;
    std::string ntlm_account;  // "DOMAIN\\user"
    std::string password;
    std::string peer_name;
    std::vector<policy::MmProposal> mm_proposals;
    std::optional<policy::DhGroup> dh_group;
    std::vector<policy::EspSuite> qm_suites;
    std::optional<policy::DhGroup> pfs_group;
    std::optional<policy::Mode> mode;
    std::optional<Prefix> selector_local;
    std::optional<Prefix> selector_remote;
    std::chrono::seconds timeout{60};
    std::string
        export_keys;  // directory for Wireshark's tables; empty: none, whatever the configuration says
};

}  // namespace keyline::cli
