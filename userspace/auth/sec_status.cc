#include "auth/sec_status.h"

#include <array>
#include <cstdio>

namespace keyline::auth {

std::string_view sec_status_name(std::uint32_t code) {
    switch (static_cast<SecStatus>(code)) {
        case SecStatus::kUnsupportedFunction:
            return "SEC_E_UNSUPPORTED_FUNCTION";
        case SecStatus::kTargetUnknown:
            return "SEC_E_TARGET_UNKNOWN";
        case SecStatus::kInternalError:
            return "SEC_E_INTERNAL_ERROR";
        case SecStatus::kInvalidToken:
            return "SEC_E_INVALID_TOKEN";
        case SecStatus::kLogonDenied:
            return "SEC_E_LOGON_DENIED";
        case SecStatus::kNoCredentials:
            return "SEC_E_NO_CREDENTIALS";
        case SecStatus::kMessageAltered:
            return "SEC_E_MESSAGE_ALTERED";
        case SecStatus::kOutOfSequence:
            return "SEC_E_OUT_OF_SEQUENCE";
        case SecStatus::kNoAuthenticatingAuthority:
            return "SEC_E_NO_AUTHENTICATING_AUTHORITY";
        case SecStatus::kContextExpired:
            return "SEC_E_CONTEXT_EXPIRED";
        case SecStatus::kWrongPrincipal:
            return "SEC_E_WRONG_PRINCIPAL";
        case SecStatus::kTimeSkew:
            return "SEC_E_TIME_SKEW";
        case SecStatus::kKdcUnknownEtype:
            return "SEC_E_KDC_UNKNOWN_ETYPE";
        case SecStatus::kMutualAuthFailed:
            return "SEC_E_MUTUAL_AUTH_FAILED";
        case SecStatus::kCertExpired:
            return "SEC_E_CERT_EXPIRED";
        case SecStatus::kCertUnknown:
            return "SEC_E_CERT_UNKNOWN";
        case SecStatus::kUntrustedRoot:
            return "SEC_E_UNTRUSTED_ROOT";
        case SecStatus::kIllegalMessage:
            return "SEC_E_ILLEGAL_MESSAGE";
        case SecStatus::kAlgorithmMismatch:
            return "SEC_E_ALGORITHM_MISMATCH";
        case SecStatus::kCertWrongUsage:
            return "SEC_E_CERT_WRONG_USAGE";
        case SecStatus::kRevoked:
            return "CRYPT_E_REVOKED";
        case SecStatus::kRevocationOffline:
            return "CRYPT_E_REVOCATION_OFFLINE";
    }
    return {};
}

std::string sec_status_text(std::uint32_t code) {
    std::array<char, 11> digits{};
    std::snprintf(digits.data(), digits.size(), "0x%08x", code);
    const std::string_view name = sec_status_name(code);
    return std::string(digits.data()).append(name.empty() ? "" : " ").append(name);
}

}  // namespace keyline::auth
