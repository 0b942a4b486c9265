// DoS protection mode: on while many negotiations are unfinished (MS-AIPS 3.1.7.6, MS-IKEE 3.9).
#include "keyer/engine.h"

namespace keyline::keyer {

void Engine::protect_from_flood() {
    const std::size_t threshold = lookup_->policy().keying.dos_threshold;
    // It ends some way below, so that one negotiation more or less does not switch it.
    const std::size_t limit = dos_protection_ ? threshold - threshold / 5 : threshold;
    const bool active = sessions_.incomplete() >= limit;
    if (active == dos_protection_ && now_ < cookies_turn_) return;
    if (active != dos_protection_) report(exchange::DosProtection{active, sessions_.incomplete()});
    dos_protection_ = active;
    act(exchange::SetDosProtection{active, dos_cookies_.secrets(now_)});
    cookies_turn_ = active ? dos_cookies_.next_turn() : exchange::kNever;
}

}  // namespace keyline::keyer
