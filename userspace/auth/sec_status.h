// The Windows security status codes that a failed step sends in its GSS-API payload (MS-AIPS 2.2.3.1,
// MS-ERREF 2.1).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace keyline::auth {

enum class SecStatus : std::uint32_t {
    kInternalError = 0x80090304,
    kUnsupportedFunction = 0x80090302,
    kTargetUnknown = 0x80090303,
    kInvalidToken = 0x80090308,
    kLogonDenied = 0x8009030C,
    kNoCredentials = 0x8009030E,
    kMessageAltered = 0x8009030F,
    kOutOfSequence = 0x80090310,
    kNoAuthenticatingAuthority = 0x80090311,
    kContextExpired = 0x80090317,
    kWrongPrincipal = 0x80090322,
    kTimeSkew = 0x80090324,
    kKdcUnknownEtype = 0x80090342,
    kMutualAuthFailed = 0x80090363,
    kCertExpired = 0x80090328,
    kCertUnknown = 0x80090327,
    kUntrustedRoot = 0x80090325,
    kIllegalMessage = 0x80090326,
    kAlgorithmMismatch = 0x80090331,
    kCertWrongUsage = 0x80090349,
    kRevoked = 0x80092010,
    kRevocationOffline = 0x80092013,
};

// "SEC_E_TIME_SKEW"; empty for a code that is not among these.
std::string_view sec_status_name(std::uint32_t code);
// "0x80090324 SEC_E_TIME_SKEW", for any code.
std::string sec_status_text(std::uint32_t code);

}  // namespace keyline::auth
