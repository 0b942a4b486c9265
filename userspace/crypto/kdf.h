// The concatenation KDF of NIST SP 800-56A (March 2007) 5.8.1: the specification's A-KDF (interpretation item
// 20).
#pragma once

#include <cstddef>

#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/hash.h"

namespace keyline::crypto {

// H(1 | z | other_info) | H(2 | z | other_info) | ..., the first `length` octets; the counter has 4 octets,
// big-endian. `z` may be empty (no Diffie-Hellman exchange).
Secret concatenation_kdf(HashAlgorithm algorithm, ByteView z, Parts other_info, std::size_t length);

}  // namespace keyline::crypto
