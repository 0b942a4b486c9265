// Two hosts, a and b, that protect their traffic with each other.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "simulation/policies.h"
#include "simulation/scripted_method.h"
#include "simulation/world.h"

namespace keyline::simulation {

struct PairWishes {
    Wishes a;
    Wishes b;
    std::vector<Script> a_methods;
    std::vector<Script> b_methods;
    // IKEv1's, as in the file of pre-shared keys.
    const char* a_keys = "10.0.0.0/8 a secret of both\n::/0 a secret of both";
    const char* b_keys = a_keys;
    // Methods that are made of files.
    std::vector<std::shared_ptr<auth::Method>> a_more{};
    std::vector<std::shared_ptr<auth::Method>> b_more{};
};

// Both hosts with the same wishes, but for addresses.
PairWishes both(Wishes wishes);

class Pair {
  public:
    explicit Pair(Wishes wishes, std::uint64_t seed = 1, const char* address_a = "10.0.0.1",
                  const char* address_b = "10.0.0.2")
        : Pair(both(std::move(wishes)), seed, address_a, address_b) {}
    explicit Pair(PairWishes wishes, std::uint64_t seed = 1, const char* address_a = "10.0.0.1",
                  const char* address_b = "10.0.0.2");

    // A packet from the one to the other; `port` matters only with per_port.
    void acquire_at_a(std::uint16_t port = 80, std::uint32_t user = 0) {
        world.acquire(a, kRule, packet(a, port), user);
    }
    void acquire_at_b(std::uint16_t port = 80, std::uint32_t user = 0) {
        world.acquire(b, kRule, packet(b, port), user);
    }

    // "#5* HAuth1, IDi, IDr, SA, Ni(qm)": every message that was sent, first copies only, in order.
    std::vector<std::string> sent_payloads() const;
    // The invariants at rest, as expectations.
    void check_rest();

    World world;
    Host& a;
    Host& b;

  private:
    static policy::PacketTuple packet(const Host& from, std::uint16_t port);
};

}  // namespace keyline::simulation
