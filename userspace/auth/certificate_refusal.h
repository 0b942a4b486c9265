// What it means to an administrator, and to a peer, that a certificate is refused. Private to auth/.
#pragma once

#include <string>

#include "auth/failure.h"

namespace keyline::auth::x509 {

// Why a peer's certificate was refused.
struct Refusal {
    int error = 0;        // X509_V_ERR_*
    std::string subject;  // of the certificate in its chain that is at fault
    std::string issuer;
};

// `activity` opens the line: "TLS, with b.example.com". `table` of the configuration has the CAs: "auth.tls".
Failure explain_refusal(const std::string& activity, const std::string& table, const Refusal& refusal);

}  // namespace keyline::auth::x509
