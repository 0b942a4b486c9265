// ICMP errors for senders of protected traffic: packet too big and time exceeded (RFC 792, RFC 1191, RFC
// 4443), communication administratively prohibited (RFC 1812 5.2.7.1, MS-AIPS 3.10.5.2).
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "shared/reasons.h"

namespace keyline::fastpath {

// The error about `packet` for DROP_TOO_BIG (with `mtu`), DROP_HOP_LIMIT or DROP_UNAUTHENTICATED, from the
// packet's destination to its source: of the first two the error is delivered to this host's own stack, which
// refuses packets that come in from one of its own addresses. nullopt where RFC 1122 3.2.2 and RFC 4443 2.4
// want none: about ICMP errors, later fragments, multicast and broadcast.
std::optional<Bytes> make_icmp_error(std::span<const std::uint8_t> packet, kl_reason reason,
                                     std::uint32_t mtu);

// A token bucket: RFC 4443 2.4 (f) asks for a limit.
class IcmpLimit {
  public:
    // `now` in nanoseconds.
    bool allow(std::uint64_t now);

  private:
    static constexpr std::uint64_t kInterval = 1'000'000;  // nanoseconds an error; 1,000 a second
    static constexpr std::uint64_t kBurst = 64;
    std::uint64_t empty_at_ = 0;  // when the bucket, at rest, would have been empty
};

}  // namespace keyline::fastpath
