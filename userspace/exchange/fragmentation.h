// Messages in pieces, for paths that lose large datagrams (MS-IKEE 2.2.3, 3.3; interpretation F9). Fragments
// are not authenticated: the message they make up is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/ip_address.h"
#include "exchange/instant.h"
#include "wire/payloads.h"

namespace keyline::exchange {

// Octets of a message in each fragment to `remote`: with all headers a packet has 576 octets over IPv4, 1280
// over IPv6 (3.3.6.1). `with_marker`: it goes to port 4500.
std::size_t fragment_capacity(const IpAddress& remote, bool with_marker);

// The datagrams that carry `message`, a whole one with its ISAKMP header.
std::vector<Bytes> split(ByteView message, std::uint16_t id, std::size_t capacity);

// Fragments that wait for the others of their messages. What it holds is bounded; the oldest message goes
// first.
class Reassembly {
  public:
    static constexpr std::size_t kMaxMessage = 65507;   // octets: UDP over IPv4
    static constexpr std::size_t kMaxTotal = 4U << 20;  // octets of all fragments held
    static constexpr std::size_t kMaxMessages = 256;
    static constexpr std::size_t kMaxMessagesPerOwner = 4;  // under way at once

    enum class Verdict : std::uint8_t { kWaits, kComplete, kRefused };
    struct Result {
        Verdict verdict = Verdict::kWaits;
        Bytes message;  // kComplete
    };

    // `owner` is the main mode SA. kRefused: the fragment is a duplicate, or contradicts the others, which
    // then go too (3.3.5.3).
    Result add(std::uint64_t owner, const wire::Fragment& fragment, Instant now);

    // When the oldest message is given up; kNever when there is none.
    Instant next_due() const;
    // Gives up what has not become complete in time (3.3.6.2); returns how many messages.
    std::size_t expire(Instant now);

    std::size_t octets() const { return octets_; }

  private:
    struct Message {
        std::uint64_t owner = 0;
        std::uint16_t id = 0;
        Instant give_up{};
        std::map<std::uint8_t, Bytes> pieces;
        std::uint8_t last = 0;  // number of the last fragment; 0: not known yet
        std::size_t octets = 0;
    };
    using Messages = std::vector<Message>;

    Messages::iterator find_or_start(std::uint64_t owner, std::uint16_t id, Instant now);
    void erase(Messages::iterator message);

    Messages messages_;  // oldest first
    std::size_t octets_ = 0;
};

}  // namespace keyline::exchange
