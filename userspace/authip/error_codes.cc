#include "authip/error_codes.h"

namespace keyline::authip {

std::string error_name(std::uint32_t code) {
    switch (static_cast<ErrorCode>(code)) {
        case ErrorCode::kAuthFail:
            return "13801 ERROR_IPSEC_IKE_AUTH_FAIL";
        case ErrorCode::kTimedOut:
            return "13805 ERROR_IPSEC_IKE_TIMED_OUT";
        case ErrorCode::kSaDeleted:
            return "13807 ERROR_IPSEC_IKE_SA_DELETED";
        case ErrorCode::kError:
            return "13816 ERROR_IPSEC_IKE_ERROR";
        case ErrorCode::kDhFail:
            return "13822 ERROR_IPSEC_IKE_DH_FAIL";
        case ErrorCode::kProcessing:
            return "13829 ERROR_IPSEC_IKE_PROCESS_ERR";
        case ErrorCode::kInvalidPayload:
            return "13843 ERROR_IPSEC_IKE_INVALID_PAYLOAD";
        case ErrorCode::kPolicyMatch:
            return "13868 ERROR_IPSEC_IKE_POLICY_MATCH";
        case ErrorCode::kUnsupportedId:
            return "13869 ERROR_IPSEC_IKE_UNSUPPORTED_ID";
        case ErrorCode::kShuttingDown:
            return "13891 ERROR_IPSEC_IKE_SHUTTING_DOWN";
    }
    return std::to_string(code);
}

}  // namespace keyline::authip
