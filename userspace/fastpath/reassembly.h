// Putting IP fragments together (RFC 791 3.2, RFC 8200 4.5), bounded in number, size and time.
//
// Overlapping fragments end the whole packet (RFC 5722); a fragment that came twice is ignored.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "fastpath/ip_packet.h"

namespace keyline::fastpath {

constexpr std::size_t kMaxReassemblies = 64;
constexpr std::uint64_t kReassemblyTimeout = 30'000'000'000;  // nanoseconds

class Reassembler {
  public:
    // What came of one fragment.
    struct Result {
        std::optional<Bytes> packet;  // the whole packet, when this was its last missing part
        std::uint32_t dropped = 0;    // fragments given up by this call: to be counted as DROP_FRAGMENT
    };

    // Takes a copy. `packet` is a fragment, as parse_ip said in `ip`. Fragments of different `context`s (an
    // SA, or the wire) never meet. `now` is in nanoseconds.
    Result add(std::uint32_t context, std::span<const std::uint8_t> packet, const IpPacket& ip,
               std::uint64_t now);

    // Gives up what has waited longer than kReassemblyTimeout; the number of fragments that were lost with
    // it.
    std::uint32_t expire(std::uint64_t now);

    std::size_t pending() const { return pending_.size(); }

  private:
    struct Key {
        std::uint32_t context = 0;
        std::uint32_t identification = 0;
        std::array<std::uint8_t, 32> addresses{};  // source, destination
        std::uint8_t family = 0;
        std::uint8_t protocol = 0;  // IPv4 only: RFC 8200 has it not in the key
        bool operator==(const Key&) const = default;
    };
    struct Part {
        std::uint32_t begin, end;
    };
    struct Pending {
        Key key;
        std::uint64_t started = 0;
        Bytes headers;  // of the first fragment, its fragment header removed
        Bytes data;
        std::vector<Part> parts;     // sorted, none overlaps another
        std::uint32_t received = 0;  // octets in all parts
        std::uint32_t total = 0;     // of the data; 0: the last fragment has not come

        // Parts do not overlap, so as many octets as there should be are all of them.
        bool is_complete() const { return total != 0 && received == total; }
        std::uint32_t fragments() const { return static_cast<std::uint32_t>(parts.size()); }
    };

    static Key key_of(std::uint32_t context, std::span<const std::uint8_t> packet, const IpPacket& ip);
    static Bytes headers_of(std::span<const std::uint8_t> packet, const IpPacket& ip);
    // False when the fragment contradicts what is there.
    static bool insert(Pending& pending, std::span<const std::uint8_t> packet, const IpPacket& ip);

    std::list<Pending> pending_;  // oldest first
};

}  // namespace keyline::fastpath
