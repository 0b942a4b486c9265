#include "simulation/nat.h"

#include <algorithm>

namespace keyline::simulation {

void Nat::rebind(const IpAddress& outside) {
    outside_ = outside;
    outside_port_.clear();
}

Endpoint Nat::translate(std::uint16_t port) {
    if (forwards_) return {outside_, port};
    const auto [mapping, fresh] = outside_port_.try_emplace(port, next_port_);
    if (fresh) ++next_port_;
    return {outside_, mapping->second};
}

std::optional<Endpoint> Nat::forward(const Endpoint& outside) const {
    if (outside.address != outside_) return std::nullopt;
    if (forwards_) return Endpoint{inside_, outside.port};
    const auto mapping =
        std::ranges::find_if(outside_port_, [&](const auto& entry) { return entry.second == outside.port; });
    return mapping == outside_port_.end() ? std::nullopt : std::optional(Endpoint{inside_, mapping->first});
}

}  // namespace keyline::simulation
