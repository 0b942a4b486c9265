// Why a negotiation comes to nothing, found on this side.
#pragma once

#include <string>

#include "authip/error_codes.h"
#include "exchange/counters.h"
#include "exchange/report.h"

namespace keyline::authip {

struct Failure {
    exchange::Stage stage = exchange::Stage::kMainMode;
    exchange::Reason reason = exchange::Reason::kMalformedPayload;
    ErrorCode code = ErrorCode::kInvalidPayload;
    std::string text;  // one line: what is wrong, and the remedy where there is one
};

}  // namespace keyline::authip
