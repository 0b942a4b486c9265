// What a simulated host has reported, by kind.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "simulation/world.h"

namespace keyline::simulation {

template <typename Kind>
std::vector<Kind> reports(const Host& host) {
    std::vector<Kind> found;
    for (const exchange::Report& report : host.reports) {
        if (const auto* kind = std::get_if<Kind>(&report)) found.push_back(*kind);
    }
    return found;
}

inline std::size_t established(const Host& host) { return reports<exchange::MmEstablished>(host).size(); }

inline bool sent_notify(const Host& host, const std::string& payloads) {
    return std::ranges::any_of(reports<exchange::MessageSent>(host), [&](const auto& sent) {
        return sent.number == 0 && sent.payloads == payloads;
    });
}

}  // namespace keyline::simulation
