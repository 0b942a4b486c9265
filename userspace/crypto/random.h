// Randomness as a parameter, so that a simulation can replay a negotiation from its seed (design decision 1).
#pragma once

#include <cstdint>
#include <span>

namespace keyline::crypto {

class RandomSource {
  public:
    virtual ~RandomSource() = default;
    // Fills every octet with unpredictable ones.
    virtual void fill(std::span<std::uint8_t> octets) = 0;
};

// OpenSSL's CSPRNG. Thread-safe. Ends the process when the system has no entropy: nothing may be keyed
// without.
class SystemRandom final : public RandomSource {
  public:
    void fill(std::span<std::uint8_t> octets) override;
};

}  // namespace keyline::crypto
