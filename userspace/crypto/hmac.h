// HMAC (RFC 2104): the specification's prf.
#pragma once

#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/hash.h"

namespace keyline::crypto {

// HMAC over the concatenation of `parts`, digest_size octets. For proofs and ICVs, which are no secrets; any
// key length.
Bytes hmac(HashAlgorithm algorithm, ByteView key, Parts parts);

// The same where the result is a key.
Secret hmac_secret(HashAlgorithm algorithm, ByteView key, Parts parts);

}  // namespace keyline::crypto
