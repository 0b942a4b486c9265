// A NAT in front of one host of a world.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "base/ip_address.h"

namespace keyline::simulation {

class Nat {
  public:
    // With `forwards` ports are kept, and the host is reached unasked.
    Nat(const IpAddress& inside, const IpAddress& outside, bool forwards)
        : inside_(inside), outside_(outside), forwards_(forwards) {}

    const IpAddress& inside() const { return inside_; }
    const IpAddress& outside() const { return outside_; }

    // Forgets every mapping: what the host sends next leaves from another port, and from `outside`.
    void rebind(const IpAddress& outside);
    void rebind() { rebind(outside_); }

    // Where a packet from this port of the host comes from, seen from outside.
    Endpoint translate(std::uint16_t port);
    // What the outside endpoint leads to; nullopt: nothing.
    std::optional<Endpoint> forward(const Endpoint& outside) const;

  private:
    IpAddress inside_;
    IpAddress outside_;
    bool forwards_;
    std::uint16_t next_port_ = 20000;
    std::map<std::uint16_t, std::uint16_t> outside_port_;  // by inside port
};

}  // namespace keyline::simulation
