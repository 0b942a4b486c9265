// Two hosts with a NAT between them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>

#include "simulation/pair.h"

namespace keyline::simulation {

inline constexpr const char* kOutside = "10.0.9.9";

// a (10.0.0.1) reaches b (10.0.0.2) through a NAT that gives it kOutside and other ports.
struct Translated : Pair {
    explicit Translated(Wishes wishes = {}, std::uint8_t remote_length = 32)
        : Pair(wishes), nat(world.add_nat(a, kOutside)) {
        wishes.local = "10.0.0.2";
        wishes.remote = kOutside;
        auto theirs = make_policy(wishes);
        policy::Selector& selector = theirs->rules.front().selectors.front();
        if (wishes.tunnel) {
            selector = b.policy->rules.front().selectors.front();
        } else {
            selector.remote = {selector.remote.address.masked(remote_length), remote_length};
        }
        world.change_policy(b, std::move(theirs));
    }

    void establish(std::uint16_t port = 80) {
        acquire_at_a(port);
        world.run(5s);
        ASSERT_TRUE(world.carry(a));
        ASSERT_TRUE(world.carry(b));
    }
    // Where b takes a's main mode SA to be.
    Endpoint a_seen_by_b() const { return b.keyer->main_modes(world.now()).front().mm.remote; }
    const policy::SadEntry& sent_by(const Host& host) const { return host.datapath.outbound.begin()->second; }
    std::size_t warnings(const Host& host) const {
        return static_cast<std::size_t>(std::ranges::count_if(
            host.reports, [](const auto& r) { return std::holds_alternative<exchange::Warning>(r); }));
    }

    Nat& nat;
};

}  // namespace keyline::simulation
