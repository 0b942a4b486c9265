#include "datapath/silence.h"

#include <algorithm>

namespace keyline::datapath {
namespace {

constexpr std::chrono::nanoseconds kQuiet = std::chrono::seconds(10);

std::chrono::seconds since(std::uint64_t then, std::uint64_t now) {
    const std::chrono::nanoseconds age(now > then ? now - then : 0);
    return age < kQuiet ? std::chrono::seconds(0) : std::chrono::duration_cast<std::chrono::seconds>(age);
}

}  // namespace

std::optional<SaSilence> find_silence(Use& inbound, std::uint64_t heard, Use& outbound, std::uint64_t sent,
                                      std::uint64_t now) {
    if (heard != inbound.last) {
        inbound.unanswered_since = 0;
    } else if (sent != outbound.last && inbound.unanswered_since == 0) {
        inbound.unanswered_since = now;
    }
    inbound.last = heard;
    outbound.last = sent;

    const SaSilence silence{
        .unanswered = since(inbound.unanswered_since == 0 ? now : inbound.unanswered_since, now),
        .idle = since(std::max({heard, sent, inbound.known_since}), now)};
    if (silence.unanswered.count() == 0 && silence.idle.count() == 0) return std::nullopt;
    return silence;
}

}  // namespace keyline::datapath
