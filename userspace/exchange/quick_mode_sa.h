// From what a quick mode of either protocol has agreed on to its two SAs, and to the rule that covers its
// traffic.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "exchange/counters.h"
#include "exchange/mm_sa.h"
#include "exchange/qm_proposal.h"
#include "exchange/quick_mode.h"
#include "exchange/traffic_id.h"
#include "policy/lookup.h"

namespace keyline::exchange {

struct SaPair {
    policy::SadEntry inbound;
    policy::SadEntry outbound;
};

struct SaTerms {
    const Traffic& traffic;
    const policy::QuickMode& quick_mode;
    policy::Engine engine = policy::Engine::kAuto;
    std::uint32_t inbound_spi = 0;
};

// Both directions, still without keys. The peer's SPI is in `chosen`.
SaPair make_sa_pair(const MmSa& mm, const SaTerms& terms, const QmTransform& chosen);

// The record the engine keeps of it.
struct RecordTerms {
    const Traffic& traffic;
    std::uint32_t message_id = 0;
    Role role = Role::kInitiator;  // in the quick mode
    Instant begun{};
};
QmSa make_record(const MmSa& mm, Instant now, const RecordTerms& terms, const SaPair& sas);

// The selectors as this host's SAs have them. Transport mode protects the SA's own two ends; behind a NAT a
// single-host ID is accepted in place of the translated address (Q5). nullopt when transport mode's IDs are
// anything else.
std::optional<policy::Selector> sa_selectors(const MmSa& mm, policy::Mode mode, policy::Selector proposed);

// The rule that covers the traffic a peer proposes, and the traffic as this host sees it.
struct Cover {
    const policy::Rule* rule = nullptr;
    Traffic traffic;
};
struct NotCovered {
    Reason reason{};   // kSelectors, kNoQmProposal or kNoMethod
    std::string text;  // one line
};
std::expected<Cover, NotCovered> find_cover(const MmSa& mm, const policy::Lookup& lookup, policy::Mode mode,
                                            const TrafficIds& ids);

}  // namespace keyline::exchange
