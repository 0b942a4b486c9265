// One quick mode security association in one direction (RFC 4301 4.4.2.1): what the keyer hands to the
// datapath.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ip_address.h"
#include "base/secret.h"
#include "policy/esp_suite.h"
#include "policy/selector.h"

namespace keyline::policy {

enum class Direction : std::uint8_t { kInbound, kOutbound };
// Authenticated firewall (MS-AIPS 3.10) is transport mode of which only a connection's first packet makes
// use.
enum class Mode : std::uint8_t { kTransport, kTunnel, kAuthenticatedFirewall };
enum class Engine : std::uint8_t { kAuto, kKernel, kFastpath };

// "inbound", "outbound".
std::string_view to_string(Direction direction);
// "transport", "tunnel".
std::string_view to_string(Mode mode);
std::optional<Mode> parse_mode(std::string_view name);
// "auto", "kernel", "fastpath".
std::string_view to_string(Engine engine);
std::optional<Engine> parse_engine(std::string_view name);

// Zero means no limit. Soft limits ask the keyer for a rekey, hard ones end the SA.
struct Lifetime {
    std::chrono::seconds soft_time{0}, hard_time{0};
    std::uint64_t soft_octets = 0, hard_octets = 0;
    std::uint64_t soft_packets = 0, hard_packets = 0;

    bool operator==(const Lifetime&) const = default;
};

// RFC 3948 UDP encapsulation; both ports are zero when ESP is sent plainly.
struct UdpEncapsulation {
    std::uint16_t local_port = 0;
    std::uint16_t remote_port = 0;
    bool follow_remote =
        false;  // the peer is behind a NAT, which may give it another address or port (RFC 3947 7)

    bool operator==(const UdpEncapsulation&) const = default;
};

struct SadEntry {
    Direction direction = Direction::kInbound;
    std::uint32_t spi = 0;       // chosen by the receiver of this direction's traffic
    std::uint32_t twin_spi = 0;  // the SPI of the other direction's SA of the same quick mode
    IpAddress local;             // outer (or, in transport mode, the only) addresses
    IpAddress remote;
    Mode mode = Mode::kTransport;
    Selector selector;
    EspSuite suite;
    Secret encryption_key;  // cipher key, then salt where the suite has one
    Secret integrity_key;   // empty for combined-mode suites
    bool esn = false;
    std::uint32_t replay_window = 2048;  // packets; inbound only
    UdpEncapsulation encapsulation;
    Lifetime lifetime;
    Engine engine = Engine::kAuto;
    std::uint32_t rule = 0;                  // the policy rule's id (policy/policy.h)
    std::uint32_t impersonation_handle = 0;  // MS-AIPS 3.1.1; 0: any user
    bool boundary = false;  // outbound: the peer takes this traffic in the clear, too (MS-IKEE 3.7.1)
    std::string peer;       // the peer's authenticated name, for people

    // A copy with its own copies of the keys.
    SadEntry clone() const;
};

}  // namespace keyline::policy
