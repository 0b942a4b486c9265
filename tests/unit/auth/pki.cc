#include "unit/auth/pki.h"

#include <stdlib.h>

#include <filesystem>
#include <stdexcept>

#include "unit/auth/run.h"

namespace keyline::test {

Pki::Pki(const std::vector<std::string>& hosts, const std::vector<std::string>& users) {
    directory_ = (std::filesystem::temp_directory_path() / "keyline-pki-XXXXXX").string();
    if (mkdtemp(directory_.data()) == nullptr) throw std::runtime_error("no directory " + directory_);
    std::vector<std::string> command{KEYLINE_PKI_TOOL, directory_, "--host"};
    command.insert(command.end(), hosts.begin(), hosts.end());
    if (!users.empty()) command.emplace_back("--user");
    command.insert(command.end(), users.begin(), users.end());
    if (run(command) != 0) throw std::runtime_error("tools/lab/pki has failed");
}

Pki::~Pki() { std::filesystem::remove_all(directory_); }

policy::TlsAuth Pki::settings(const std::string& host, const std::vector<std::string>& kinds) const {
    policy::TlsAuth settings{.certificates = {}, .ca = {path("ca.pem")}, .crl = {path("crl.pem")}};
    for (const std::string& kind : kinds)
        settings.certificates.push_back({path(host + kind + ".pem"), path(host + ".key")});
    return settings;
}

policy::Credentials Pki::credentials(const std::string& user, std::uint32_t uid,
                                     const std::string& kind) const {
    return {.name = user,
            .uid = uid,
            .kerberos = {},
            .certificates = {{path(user + kind + ".pem"), path(user + ".key")}},
            .ntlm = {}};
}

}  // namespace keyline::test
