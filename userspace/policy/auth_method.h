// The authentication methods a policy may name. What a method does is auth/'s affair.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace keyline::policy {

// The numbers are the Auth_Method values of MS-AIPS 2.2.3.4, so that auth::MethodId converts by number.
enum class AuthMethod : std::uint16_t { kKerberos = 2, kAnonymous = 3, kTls = 4, kNtlm = 5 };

// "kerberos", "anonymous", "tls", "ntlm".
std::string_view to_string(AuthMethod method);
std::optional<AuthMethod> parse_auth_method(std::string_view name);

// Anonymous and NTLM prove nothing, or too little, without a Diffie-Hellman exchange (interpretation item
// 11).
bool needs_dh(AuthMethod method);

}  // namespace keyline::policy
