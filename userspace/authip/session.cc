#include "authip/session.h"

namespace keyline::authip {

std::string to_string(State state) {
    switch (state) {
        case State::kStart:
            return "Start";
        case State::kMainModeFirstGeneralizedPacketSent:
            return "Main Mode First Generalized Packet Sent";
        case State::kGssApiRequestSent:
            return "GSS-API Request Sent";
        case State::kQuickModeInitiatorFirstPacketSent:
            return "Quick Mode Initiator First Packet Sent";
        case State::kQuickModeInitiatorSecondPacketSent:
            return "Quick Mode Initiator Second Packet Sent";
        case State::kQuickModeInitiatorDone:
            return "Quick Mode Initiator Done";
        case State::kMainModeResponderFirstExchangeDone:
            return "Main Mode Responder First Exchange Done";
        case State::kQuickModeResponderFirstExchangeDone:
            return "Quick Mode Responder First Exchange Done";
        case State::kQuickModeResponderDone:
            return "Quick Mode Responder Done";
        case State::kDeleted:
            return "Deleted";
    }
    return "Unknown";
}

}  // namespace keyline::authip
