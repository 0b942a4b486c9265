// Randomness that a seed replays. Never for anything but simulations and tests.
#pragma once

#include <cstdint>

#include "crypto/random.h"

namespace keyline::simulation {

class SeededRandom final : public crypto::RandomSource {
  public:
    explicit SeededRandom(std::uint64_t seed) : state_(seed) {}

    // splitmix64.
    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9E3779B97F4A7C15);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
    // 0 to bound - 1.
    std::uint64_t below(std::uint64_t bound) { return next() % bound; }
    bool chance(double probability) { return static_cast<double>(next() >> 11) * 0x1.0p-53 < probability; }

    void fill(std::span<std::uint8_t> octets) override {
        for (std::uint8_t& octet : octets)
            octet = static_cast<std::uint8_t>(next());
    }

  private:
    std::uint64_t state_;
};

}  // namespace keyline::simulation
