// What hash.cc, hmac.cc and kdf.cc share. Private to crypto/.
#pragma once

#include <openssl/evp.h>

#include <span>

#include "crypto/hash.h"

namespace keyline::crypto {

// OpenSSL's implementation, fetched once per process; nullptr when it has none.
const EVP_MD* evp_md(HashAlgorithm algorithm);

// The digest of the concatenation of `parts` into `out`, which has digest_size octets.
void hash_into(HashAlgorithm algorithm, std::span<const ByteView> parts, std::span<std::uint8_t> out);

}  // namespace keyline::crypto
