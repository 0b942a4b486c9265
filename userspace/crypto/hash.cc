#include "crypto/hash.h"

#include <array>

#include "crypto/hash_internal.h"
#include "crypto/openssl.h"

namespace keyline::crypto {

std::size_t digest_size(HashAlgorithm algorithm) {
    switch (algorithm) {
        case HashAlgorithm::kMd5:
            return 16;
        case HashAlgorithm::kSha1:
            return 20;
        case HashAlgorithm::kSha256:
            return 32;
        case HashAlgorithm::kSha384:
            return 48;
        case HashAlgorithm::kSha512:
            break;
    }
    return 64;
}

// Fetching takes longer than hashing a message, so it happens once; the objects live as long as the process.
const EVP_MD* evp_md(HashAlgorithm algorithm) {
    static const std::array<const EVP_MD*, 5> kFetched{
        EVP_MD_fetch(nullptr, "MD5", nullptr), EVP_MD_fetch(nullptr, "SHA1", nullptr),
        EVP_MD_fetch(nullptr, "SHA256", nullptr), EVP_MD_fetch(nullptr, "SHA384", nullptr),
        EVP_MD_fetch(nullptr, "SHA512", nullptr)};
    return kFetched[static_cast<std::size_t>(algorithm)];
}

bool usable(HashAlgorithm algorithm) { return evp_md(algorithm) != nullptr; }

void hash_into(HashAlgorithm algorithm, std::span<const ByteView> parts, std::span<std::uint8_t> out) {
    const openssl::MdCtxPtr context(openssl::require(EVP_MD_CTX_new(), "EVP_MD_CTX_new"));
    const EVP_MD* md = openssl::require(evp_md(algorithm), "EVP_MD_fetch");
    openssl::require(EVP_DigestInit_ex(context.get(), md, nullptr) == 1, "EVP_DigestInit_ex");
    for (const ByteView part : parts) {
        openssl::require(EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1, "EVP_DigestUpdate");
    }
    openssl::require(EVP_DigestFinal_ex(context.get(), out.data(), nullptr) == 1, "EVP_DigestFinal_ex");
}

Bytes hash(HashAlgorithm algorithm, Parts parts) {
    Bytes digest(digest_size(algorithm));
    hash_into(algorithm, {parts.begin(), parts.size()}, digest);
    return digest;
}

}  // namespace keyline::crypto
