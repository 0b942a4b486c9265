// What TLS errors mean to a peer and to an administrator. Private to auth/.
#pragma once

#include <string>

#include "auth/failure.h"

namespace keyline::auth::tls {

// For a handshake that has failed, other than by a certificate that is refused: `activity` opens the line,
// "TLS, with b.example.com". From OpenSSL's queue of errors, which the call empties, so on
// the thread of the failed call and before the next one.
Failure explain_error(const std::string& activity);

}  // namespace keyline::auth::tls
