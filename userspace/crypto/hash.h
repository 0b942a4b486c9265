// The hash functions main mode negotiates (RFC 2409 appendix A, MS-AIPS 3.1 notation `hash`).
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>

#include "base/bytes.h"

namespace keyline::crypto {

enum class HashAlgorithm : std::uint8_t { kMd5, kSha1, kSha256, kSha384, kSha512 };

// Octets of a digest, and so of an HMAC: the specification's hashLength.
std::size_t digest_size(HashAlgorithm algorithm);

// False for MD5 where the system's OpenSSL forbids it (FIPS). Every other function of crypto/ takes only
// usable ones.
bool usable(HashAlgorithm algorithm);

// Several octet strings, taken as their concatenation.
using Parts = std::initializer_list<ByteView>;

// The digest of `parts`. For octets that are no secret; keys are derived by kdf.h.
Bytes hash(HashAlgorithm algorithm, Parts parts);

}  // namespace keyline::crypto
