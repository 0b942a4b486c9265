// Ownership of OpenSSL objects, and what to do when OpenSSL itself fails. For crypto/ and auth/.
#pragma once

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include <memory>

namespace keyline::crypto::openssl {

template <auto kFree>
struct Deleter {
    template <typename T>
    void operator()(T* object) const {
        kFree(object);
    }
};

using BnPtr = std::unique_ptr<BIGNUM, Deleter<BN_clear_free>>;
using BnCtxPtr = std::unique_ptr<BN_CTX, Deleter<BN_CTX_free>>;
using MontPtr = std::unique_ptr<BN_MONT_CTX, Deleter<BN_MONT_CTX_free>>;
using EcGroupPtr = std::unique_ptr<EC_GROUP, Deleter<EC_GROUP_free>>;
using EcPointPtr = std::unique_ptr<EC_POINT, Deleter<EC_POINT_clear_free>>;
using MdCtxPtr = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;
using MacCtxPtr = std::unique_ptr<EVP_MAC_CTX, Deleter<EVP_MAC_CTX_free>>;
using CipherCtxPtr = std::unique_ptr<EVP_CIPHER_CTX, Deleter<EVP_CIPHER_CTX_free>>;

// For calls that fail only without memory or with a broken OpenSSL: ends the process with one line that names
// `what`, because nothing that was derived so far could be trusted.
void require(bool succeeded, const char* what);

// The same for a pointer, which it hands on.
template <typename T>
T* require(T* object, const char* what) {
    require(object != nullptr, what);
    return object;
}

}  // namespace keyline::crypto::openssl
