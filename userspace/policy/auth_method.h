// The authentication methods a policy may name. What a method does is auth/'s affair.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace keyline::policy {

// Key exchange protocols (RFC 2409, MS-AIPS).
enum class Protocol : std::uint8_t { kAuthip, kIkev1 };

// The numbers are auth::MethodId's: AuthIP's are the Auth_Method values of MS-AIPS 2.2.3.4; IKEv1's methods,
// whose numbers on the wire say more, begin at kFirstIkev1Method.
enum class AuthMethod : std::uint16_t {
    kKerberos = 2,
    kAnonymous = 3,
    kTls = 4,
    kNtlm = 5,
    kPreSharedKey = 0xFF01,
    kSignature = 0xFF02,
    kPublicKey = 0xFF03,
    kRevisedPublicKey = 0xFF04,
};
inline constexpr std::uint16_t kFirstIkev1Method = 0xFF00;

// The one protocol that knows the method.
constexpr Protocol protocol_of(AuthMethod method) {
    return static_cast<std::uint16_t>(method) < kFirstIkev1Method ? Protocol::kAuthip : Protocol::kIkev1;
}

// "authip", "ikev1".
std::string_view to_string(Protocol protocol);

// "kerberos", "anonymous", "tls", "ntlm", "psk", "signature", "public-key", "revised-public-key".
std::string_view to_string(AuthMethod method);
std::optional<AuthMethod> parse_auth_method(std::string_view name);

// Anonymous and NTLM prove nothing, or too little, without a Diffie-Hellman exchange (interpretation item
// 11); IKEv1 always has one.
bool needs_dh(AuthMethod method);

// Authenticated by the certificates of [auth.x509].
constexpr bool uses_x509(AuthMethod method) {
    return method == AuthMethod::kSignature || method == AuthMethod::kPublicKey ||
           method == AuthMethod::kRevisedPublicKey;
}

}  // namespace keyline::policy
