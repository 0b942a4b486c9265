// What Kerberos errors mean to a peer and to an administrator. Private to auth/.
#pragma once

#include <string>

#include "auth/failure.h"
#include "auth/gss.h"

namespace keyline::auth {

// `activity` opens the line: "Kerberos, initiating to host/b.example.com".
Failure explain(const std::string& activity, const gss::Error& error);

}  // namespace keyline::auth
