// What TLS errors mean to a peer and to an administrator. Private to auth/.
#pragma once

#include <string>

#include "auth/failure.h"

namespace keyline::auth::tls {

// Why a peer's certificate was refused.
struct Refusal {
    int error = 0;        // X509_V_ERR_*
    std::string subject;  // of the certificate in its chain that is at fault
    std::string issuer;
};

// `activity` opens the line: "TLS, with b.example.com".
Failure explain_refusal(const std::string& activity, const Refusal& refusal);
// For a handshake that has failed otherwise: from OpenSSL's queue of errors, which the call empties, so on
// the thread of the failed call and before the next one.
Failure explain_error(const std::string& activity);

}  // namespace keyline::auth::tls
