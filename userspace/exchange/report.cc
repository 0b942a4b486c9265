#include "exchange/report.h"

namespace keyline::exchange {

std::string to_string(Role role) { return role == Role::kInitiator ? "initiator" : "responder"; }

std::string to_string(By by) { return by == By::kLocal ? "local" : "peer"; }

std::string to_string(Stage stage) {
    switch (stage) {
        case Stage::kMainMode:
            return "main mode";
        case Stage::kAuthentication:
            return "authentication";
        case Stage::kQuickMode:
            return "quick mode";
        case Stage::kExtendedMode:
            return "extended mode";
        case Stage::kNotify:
            return "notify";
    }
    return "unknown";
}

}  // namespace keyline::exchange
