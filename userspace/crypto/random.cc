#include "crypto/random.h"

#include <openssl/rand.h>

#include "crypto/openssl.h"

namespace keyline::crypto {

void SystemRandom::fill(std::span<std::uint8_t> octets) {
    openssl::require(RAND_bytes(octets.data(), static_cast<int>(octets.size())) == 1, "RAND_bytes");
}

}  // namespace keyline::crypto
