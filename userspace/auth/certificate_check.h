// Whether a peer's certificate is good: its chain, validity and revocation (RFC 5280 6), and whether it may
// be used for IKE (RFC 4945 5.1.3). Private to auth/.
#pragma once

#include <optional>
#include <string>

#include "auth/failure.h"
#include "auth/x509_credentials.h"

namespace keyline::auth::x509 {

// `others` may hold certificates between it and its CA; null: none. `table` is that of the CAs.
std::optional<Failure> check_certificate(X509* certificate, X509_STORE* store, STACK_OF(X509) * others,
                                         const std::string& table, KeyUse use);

}  // namespace keyline::auth::x509
