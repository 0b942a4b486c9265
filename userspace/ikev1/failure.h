// Why a negotiation comes to nothing, found on this side.
#pragma once

#include <cstdint>
#include <string>

#include "exchange/counters.h"
#include "exchange/report.h"
#include "wire/numbers.h"

namespace keyline::ikev1 {

struct Failure {
    exchange::Stage stage = exchange::Stage::kMainMode;
    exchange::Reason reason = exchange::Reason::kMalformedPayload;
    std::uint16_t notify = wire::notify::kPayloadMalformed;  // the type of the notify that tells the peer
    std::string text;  // one line: what is wrong, and the remedy where there is one
};

}  // namespace keyline::ikev1
