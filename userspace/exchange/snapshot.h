// The state of the keyer's databases as `keyline mm`, `keyline sas` and `keyline status` show it. Copies; no
// keys.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "auth/method.h"
#include "exchange/report.h"
#include "policy/sad_entry.h"

namespace keyline::exchange {

struct MmSnapshot {
    MmName mm;
    std::string state;             // the specification's name: "Main Mode First Generalized Packet Sent"
    std::string initiator_cookie;  // hexadecimal
    std::string responder_cookie;
    std::string peer;  // proved name, or in the meantime the announced one
    bool proved = false;
    std::optional<auth::MethodId> method;
    std::vector<MethodFailed> failed_methods;
    std::string proposal;
    CredentialFlags credentials;             // main mode's
    std::optional<EmProof> extended_mode;    // once it is done
    std::uint32_t impersonation_handle = 0;  // whose SA it is (exchange/quick_mode.h)
    bool established = false;
    bool nat = false;
    std::chrono::seconds age{0};
    std::chrono::seconds remaining{0};  // of the MM SA lifetime
    std::size_t quick_modes = 0;        // established under it and alive
    std::size_t waiting = 0;            // quick modes that wait for their turn
};

struct QmSnapshot {
    std::uint64_t mm = 0;  // 0: the main mode SA is gone, or the SA was adopted
    std::uint32_t message_id = 0;
    std::uint32_t inbound_spi = 0;
    std::uint32_t outbound_spi = 0;
    IpAddress local;
    IpAddress remote;
    policy::Mode mode = policy::Mode::kTransport;
    policy::Selector selector;
    policy::EspSuite suite;
    std::uint32_t rule = 0;
    std::string peer;
    bool superseded = false;  // a newer quick mode has taken over; removed after the overlap
    bool adopted = false;
    std::chrono::seconds age{0};
    std::chrono::seconds remaining{0};  // to the hard lifetime; 0: none
};

struct LimitsSnapshot {
    std::size_t main_modes = 0;
    std::size_t incomplete = 0;  // responder negotiations that are not established
    std::size_t quick_modes = 0;
    std::size_t auth_steps = 0;   // running
    bool dos_protection = false;  // MS-AIPS 3.1.7.6
};

}  // namespace keyline::exchange
