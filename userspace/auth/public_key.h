// What IKEv1 does with the keys of certificates (RFC 2409 5.1 to 5.3, RFC 4754). Private to auth/.
#pragma once

#include <optional>

#include "auth/key_kind.h"
#include "auth/x509_objects.h"
#include "base/bytes.h"
#include "base/secret.h"

namespace keyline::auth::x509 {

// nullopt for a key that IKEv1 has no number for.
std::optional<KeyKind> kind_of(const EVP_PKEY* key);

// HASH_I or HASH_R is signed as it is. RSA: PKCS #1 padding of type 1 without the hash's OID (RFC 2409 5.1);
// ECDSA: r | s, each in the curve's length (RFC 4754 7).
Bytes sign(EVP_PKEY* key, ByteView hash);
bool verifies(EVP_PKEY* key, ByteView hash, ByteView signature);

// PKCS #1 padding of type 2. nullopt for a text that is too long for the key.
std::optional<Bytes> encrypt(EVP_PKEY* key, ByteView text);
// nullopt when the padding is wrong. Who asked must not learn so (RFC 3218 2.3).
std::optional<Secret> decrypt(EVP_PKEY* key, ByteView ciphertext);

}  // namespace keyline::auth::x509
