#include "fastpath/security_association.h"

#include <fmt/format.h>

#include <cstring>
#include <ctime>

#include "fastpath/replay_window.h"

namespace keyline::fastpath {
namespace {

bool is_past(std::uint64_t value, std::uint64_t limit) { return limit != 0 && value >= limit; }

bool prefix_covers(const kl_address& prefix, unsigned bits, const kl_address& address) {
    const unsigned octets = bits / 8;
    if (std::memcmp(prefix.octets, address.octets, octets) != 0) return false;
    const unsigned rest = bits % 8;
    return rest == 0 || (prefix.octets[octets] ^ address.octets[octets]) >> (8 - rest) == 0;
}

}  // namespace

Clock Clock::now() {
    timespec monotonic{};
    timespec realtime{};
    clock_gettime(CLOCK_MONOTONIC, &monotonic);
    clock_gettime(CLOCK_REALTIME, &realtime);
    return {static_cast<std::uint64_t>(monotonic.tv_sec) * 1'000'000'000U +
                static_cast<std::uint64_t>(monotonic.tv_nsec),
            static_cast<std::uint64_t>(realtime.tv_sec)};
}

bool SecurityAssociation::is_expired(const Clock& clock) const {
    const std::uint64_t packets = __atomic_load_n(&state->packets, __ATOMIC_RELAXED);
    const std::uint64_t octets = __atomic_load_n(&state->octets, __ATOMIC_RELAXED);
    return is_past(packets, sa.hard_packets) || is_past(octets, sa.hard_octets) ||
           (sa.hard_seconds != 0 && clock.realtime >= sa.installed + sa.hard_seconds);
}

bool SecurityAssociation::count(std::uint64_t packets, std::uint64_t octets, const Clock& clock) const {
    const std::uint64_t all_packets = __atomic_add_fetch(&state->packets, packets, __ATOMIC_RELAXED);
    const std::uint64_t all_octets = __atomic_add_fetch(&state->octets, octets, __ATOMIC_RELAXED);
    __atomic_store_n(&state->last_used, clock.monotonic, __ATOMIC_RELAXED);

    const auto past_time = [&](std::uint64_t seconds) {
        return seconds != 0 && clock.realtime >= sa.installed + seconds;
    };
    std::uint32_t flags = 0;
    if (is_past(all_packets, sa.soft_packets) || is_past(all_octets, sa.soft_octets) ||
        past_time(sa.soft_seconds)) {
        flags |= KL_SA_SOFT_EXPIRED;
    }
    if (is_past(all_packets, sa.hard_packets) || is_past(all_octets, sa.hard_octets) ||
        past_time(sa.hard_seconds)) {
        flags |= KL_SA_HARD_EXPIRED;
    }
    const std::uint32_t known = __atomic_load_n(&state->flags, __ATOMIC_RELAXED);
    if ((flags & ~known) == 0) return false;
    return (flags & ~__atomic_fetch_or(&state->flags, flags, __ATOMIC_RELAXED)) != 0;
}

void SecurityAssociation::count_error(kl_reason reason) const {
    __atomic_fetch_add(&state->errors, 1, __ATOMIC_RELAXED);
    if (reason == KL_REASON_DROP_REPLAY) __atomic_fetch_add(&state->replay, 1, __ATOMIC_RELAXED);
    if (reason == KL_REASON_DROP_ICV) __atomic_fetch_add(&state->icv, 1, __ATOMIC_RELAXED);
    if (reason == KL_REASON_DROP_SELECTOR) __atomic_fetch_add(&state->selector, 1, __ATOMIC_RELAXED);
}

std::expected<std::unique_ptr<SecurityAssociation>, std::string> make_security_association(
    CryptoEngine& engine, const kl_sa& sa, const kl_sa_keys& keys, kl_sa_state* state) {
    const bool known_family = sa.family == KL_FAMILY_V4 || sa.family == KL_FAMILY_V6;
    if (!known_family || sa.direction > KL_OUTBOUND || sa.mode > KL_AUTH_FIREWALL) {
        return std::unexpected(fmt::format("SA {:08x}: family, direction or mode is not known here", sa.spi));
    }
    const auto suite = suite_of(sa, keys);
    if (!suite) return std::unexpected(suite.error());
    const auto direction = static_cast<kl_direction>(sa.direction);
    auto cipher = engine.make_context(*suite, keys, direction, (sa.flags & KL_SA_ESN) != 0);
    if (!cipher) return std::unexpected(fmt::format("SA {:08x}: {}", sa.spi, cipher.error()));

    auto made = std::make_unique<SecurityAssociation>();
    made->sa = sa;
    made->suite = *suite;
    made->cipher = std::move(*cipher);
    made->state = state;
    made->window = effective_window(sa.replay_window);
    return made;
}

bool covers(const kl_selector& selector, const kl_tuple& tuple) {
    return selector.family == tuple.family &&
           prefix_covers(selector.local, selector.local_prefix, tuple.local) &&
           prefix_covers(selector.remote, selector.remote_prefix, tuple.remote) &&
           (selector.protocol == 0 || selector.protocol == tuple.protocol) &&
           (selector.local_port == 0 || selector.local_port == tuple.local_port) &&
           (selector.remote_port == 0 || selector.remote_port == tuple.remote_port);
}

bool needs_whole_packet(const kl_selector& selector) {
    return selector.protocol != 0 || selector.local_port != 0 || selector.remote_port != 0;
}

}  // namespace keyline::fastpath
