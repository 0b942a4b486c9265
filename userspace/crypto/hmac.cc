#include "crypto/hmac.h"

#include <openssl/core_names.h>

#include <array>

#include "crypto/hash_internal.h"
#include "crypto/openssl.h"

namespace keyline::crypto {
namespace {

// `tag` has digest_size octets.
void hmac_into(HashAlgorithm algorithm, ByteView key, Parts parts, std::span<std::uint8_t> tag) {
    static EVP_MAC* const kHmac = openssl::require(EVP_MAC_fetch(nullptr, "HMAC", nullptr), "EVP_MAC_fetch");
    const EVP_MD* md = openssl::require(evp_md(algorithm), "EVP_MD_fetch");
    const std::array<OSSL_PARAM, 2> parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>(EVP_MD_get0_name(md)), 0),
        OSSL_PARAM_construct_end()};
    const openssl::MacCtxPtr context(openssl::require(EVP_MAC_CTX_new(kHmac), "EVP_MAC_CTX_new"));

    // OpenSSL takes a null key for "the key set before", so an empty one needs an address.
    constexpr std::uint8_t kNoKey = 0;
    const std::uint8_t* key_octets = key.empty() ? &kNoKey : key.data();
    openssl::require(EVP_MAC_init(context.get(), key_octets, key.size(), parameters.data()) == 1,
                     "EVP_MAC_init");
    for (const ByteView part : parts) {
        openssl::require(EVP_MAC_update(context.get(), part.data(), part.size()) == 1, "EVP_MAC_update");
    }
    std::size_t size = 0;
    openssl::require(EVP_MAC_final(context.get(), tag.data(), &size, tag.size()) == 1, "EVP_MAC_final");
}

}  // namespace

Bytes hmac(HashAlgorithm algorithm, ByteView key, Parts parts) {
    Bytes tag(digest_size(algorithm));
    hmac_into(algorithm, key, parts, tag);
    return tag;
}

Secret hmac_secret(HashAlgorithm algorithm, ByteView key, Parts parts) {
    Secret tag(digest_size(algorithm));
    hmac_into(algorithm, key, parts, tag.writable());
    return tag;
}

}  // namespace keyline::crypto
