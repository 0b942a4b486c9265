// Quick mode's IDi and IDr payloads: from a traffic selector and back (RFC 2407 4.6.2).
#pragma once

#include <optional>

#include "exchange/report.h"
#include "policy/selector.h"
#include "wire/payloads.h"

namespace keyline::exchange {

struct TrafficIds {
    wire::Identification initiator;  // IDi
    wire::Identification responder;  // IDr

    bool operator==(const TrafficIds&) const = default;
};

// `role` is this host's: whose traffic `selector.local` is.
TrafficIds build_traffic_ids(const policy::Selector& selector, Role role);

// nullopt when an ID is no address or subnet, or the two do not belong together (family, protocol, ports).
std::optional<policy::Selector> parse_traffic_ids(const TrafficIds& ids, Role role);

}  // namespace keyline::exchange
