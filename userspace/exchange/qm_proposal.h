// The quick mode SA payload: from policy and back (RFC 2407 4.4 and 4.5; interpretation items 28, 30, Q1, Q2,
// Q4).
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "policy/main_mode.h"
#include "policy/policy.h"
#include "policy/sad_entry.h"
#include "wire/payloads.h"

namespace keyline::exchange {

inline constexpr std::uint32_t kMinSpi = 256;  // RFC 4303 2.1

// The Encapsulation Mode attribute: the UDP forms if and only if a NAT was found (Q4).
std::uint16_t encapsulation_mode(policy::Mode mode, bool nat_found);
// nullopt for a mode that is not implemented, and for a plain form where a NAT was found or the other way
// round.
std::optional<policy::Mode> mode_of(std::uint16_t encapsulation, bool nat_found);

// One ESP transform whose every value is known.
struct QmTransform {
    policy::EspSuite suite;
    std::uint16_t encapsulation = 0;
    std::uint16_t group = 0;  // 0: no PFS
    bool esn = false;
    std::optional<std::chrono::seconds> life_seconds;
    std::optional<std::uint64_t> life_octets;
    std::uint32_t spi = 0;  // of its proposal: the sender's inbound SPI
    wire::Proposal echo;    // the proposal with this transform alone

    bool offers(const policy::QuickMode& quick_mode, bool nat_found, policy::Mode mode) const;
};

struct QmOffer {
    std::vector<QmTransform> transforms;  // the known ones, in the sender's order
    std::size_t count = 0;                // of all: exactly one makes a fast quick mode (item 28)
    std::uint16_t group = 0;              // common to all
};

// One proposal with `spi`, a transform per suite.
wire::SecurityAssociation build_qm_offer(const policy::QuickMode& quick_mode, policy::Mode mode,
                                         bool nat_found, std::uint32_t spi);

// The error is one line: differing groups, an SPI below 256, proposals that belong together (AH with ESP).
std::expected<QmOffer, std::string> parse_qm_offer(const wire::SecurityAssociation& sa);

// The responder's choice: the first of the initiator's transforms that policy allows (Q1).
const QmTransform* choose_qm_transform(const QmOffer& offer, const policy::QuickMode& quick_mode,
                                       policy::Mode mode, bool nat_found);

// The answer: the chosen transform as it came, under this host's SPI.
wire::SecurityAssociation build_qm_choice(const QmTransform& chosen, std::uint32_t spi);

// What #6 may choose: exactly one transform, and one of those offered.
std::expected<QmTransform, std::string> parse_qm_choice(const wire::SecurityAssociation& sa,
                                                        const policy::QuickMode& quick_mode,
                                                        policy::Mode mode, bool nat_found);

// Policy's lifetime, shortened to what the peer named; soft limits keep their share of the hard ones.
policy::Lifetime agreed_lifetime(const policy::Lifetime& own, const QmTransform& chosen);

}  // namespace keyline::exchange
