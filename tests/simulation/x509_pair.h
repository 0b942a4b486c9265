// Two hosts that authenticate by certificates of tools/lab/pki in IKEv1.
#pragma once

#include <string>

#include "auth/x509.h"
#include "simulation/pair.h"
#include "unit/auth/pki.h"

namespace keyline::simulation {

// What IKEv1 needs of `host`: its certificate with a key of `kind` (".rsa", ".p384"; "": P-256), the CA of
// the others, and the RSA certificate of `peer`.
policy::X509Auth x509_settings(const test::Pki& pki, const std::string& host, const std::string& peer,
                               const std::string& kind);

// All of IKEv1's methods with certificates.
std::vector<std::shared_ptr<auth::Method>> x509_methods(const policy::X509Auth& settings);

inline const std::string kHostA = "a.example.test";
inline const std::string kHostB = "b.example.test";

// Both hosts by `method`, each wanting the other's name.
PairWishes x509_wishes(policy::AuthMethod method, const policy::X509Auth& a, const policy::X509Auth& b);

}  // namespace keyline::simulation
