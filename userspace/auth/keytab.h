// What can be told about a keytab before any peer is there. Private to auth/.
#pragma once

#include <expected>
#include <string>

namespace keyline::auth {

// The Kerberos library's, for example "FILE:/etc/krb5.keytab"; empty when krb5.conf cannot be read.
std::string default_keytab();

// That the keytab can be read and has a key for the principal. The error is one line.
std::expected<void, std::string> check_keytab(const std::string& keytab, const std::string& principal);

}  // namespace keyline::auth
