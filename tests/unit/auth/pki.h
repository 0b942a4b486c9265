// The certificates of tools/lab/pki for the hosts of one test.
#pragma once

#include <string>
#include <vector>

#include "policy/policy.h"

namespace keyline::test {

// In a directory that goes with it.
class Pki {
  public:
    explicit Pki(const std::vector<std::string>& hosts, const std::vector<std::string>& users = {});
    ~Pki();
    Pki(const Pki&) = delete;
    Pki& operator=(const Pki&) = delete;

    std::string path(const std::string& file) const { return directory_ + "/" + file; }
    // A host with certificates of these kinds: "" is the good one, ".expired" and others are bad.
    policy::TlsAuth settings(const std::string& host, const std::vector<std::string>& kinds = {""}) const;
    // What [[auth.credentials]] has for a user of that name.
    policy::Credentials credentials(const std::string& user, std::uint32_t uid,
                                    const std::string& kind = "") const;

  private:
    std::string directory_;
};

}  // namespace keyline::test
