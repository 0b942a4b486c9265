// Windows error codes of NOTIFY_STATUS (interpretation item 32, S8; MS-ERREF 2.2, the IPsec range
// 13800-13999).
#pragma once

#include <cstdint>
#include <string>

namespace keyline::authip {

enum class ErrorCode : std::uint32_t {
    kAuthFail = 13801,
    kTimedOut = 13805,
    kSaDeleted = 13807,
    kError = 13816,  // where nothing closer fits
    kDhFail = 13822,
    kProcessing = 13829,  // a message that the state does not expect
    kInvalidPayload = 13843,
    kPolicyMatch = 13868,    // no main mode proposal acceptable
    kUnsupportedId = 13869,  // selectors
    kShuttingDown = 13891,
};

// "13801 ERROR_IPSEC_IKE_AUTH_FAIL", or the number alone when this host never sends it.
std::string error_name(std::uint32_t code);

}  // namespace keyline::authip
