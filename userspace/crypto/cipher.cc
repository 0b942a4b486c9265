#include "crypto/cipher.h"

#include <openssl/err.h>
#include <openssl/provider.h>

#include <algorithm>
#include <array>
#include <bit>

#include "base/secret.h"
#include "crypto/openssl.h"

namespace keyline::crypto {
namespace {

constexpr std::size_t kDesKey = 8;

// RFC 2405 2.3: the four weak keys, then the six pairs of semi-weak ones, with parity.
constexpr std::array<std::array<std::uint8_t, kDesKey>, 16> kWeakDesKeys{{
    {0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01},
    {0x1f, 0x1f, 0x1f, 0x1f, 0x0e, 0x0e, 0x0e, 0x0e},
    {0xe0, 0xe0, 0xe0, 0xe0, 0xf1, 0xf1, 0xf1, 0xf1},
    {0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe},
    {0x01, 0xfe, 0x01, 0xfe, 0x01, 0xfe, 0x01, 0xfe},
    {0xfe, 0x01, 0xfe, 0x01, 0xfe, 0x01, 0xfe, 0x01},
    {0x1f, 0xe0, 0x1f, 0xe0, 0x0e, 0xf1, 0x0e, 0xf1},
    {0xe0, 0x1f, 0xe0, 0x1f, 0xf1, 0x0e, 0xf1, 0x0e},
    {0x01, 0xe0, 0x01, 0xe0, 0x01, 0xf1, 0x01, 0xf1},
    {0xe0, 0x01, 0xe0, 0x01, 0xf1, 0x01, 0xf1, 0x01},
    {0x1f, 0xfe, 0x1f, 0xfe, 0x0e, 0xfe, 0x0e, 0xfe},
    {0xfe, 0x1f, 0xfe, 0x1f, 0xfe, 0x0e, 0xfe, 0x0e},
    {0x01, 0x1f, 0x01, 0x1f, 0x01, 0x0e, 0x01, 0x0e},
    {0x1f, 0x01, 0x1f, 0x01, 0x0e, 0x01, 0x0e, 0x01},
    {0xe0, 0xfe, 0xe0, 0xfe, 0xf1, 0xfe, 0xf1, 0xfe},
    {0xfe, 0xe0, 0xfe, 0xe0, 0xfe, 0xf1, 0xfe, 0xf1},
}};

bool is_weak_des_key(ByteView key) {
    return std::ranges::any_of(kWeakDesKeys, [&](const auto& weak) { return std::ranges::equal(weak, key); });
}

// DES is in OpenSSL's legacy provider. A library context of our own holds it, so that nothing else in the
// process gains its algorithms.
const EVP_CIPHER* fetch_des() {
    OSSL_LIB_CTX* library = openssl::require(OSSL_LIB_CTX_new(), "OSSL_LIB_CTX_new");
    OSSL_PROVIDER_load(library, "legacy");
    const EVP_CIPHER* cipher = EVP_CIPHER_fetch(library, "DES-CBC", nullptr);
    ERR_clear_error();
    return cipher;
}

// nullptr when OpenSSL has no such cipher. Fetched once; the objects live as long as the process.
const EVP_CIPHER* evp_cipher(CipherAlgorithm algorithm) {
    if (algorithm == CipherAlgorithm::kDesCbc) {
        static const EVP_CIPHER* const kDes = fetch_des();
        return kDes;
    }
    static const std::array<const EVP_CIPHER*, 4> kFetched{
        EVP_CIPHER_fetch(nullptr, "DES-EDE3-CBC", nullptr), EVP_CIPHER_fetch(nullptr, "AES-128-CBC", nullptr),
        EVP_CIPHER_fetch(nullptr, "AES-192-CBC", nullptr), EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr)};
    return kFetched[static_cast<std::size_t>(algorithm) -
                    static_cast<std::size_t>(CipherAlgorithm::k3desCbc)];
}

enum class Operation : int { kDecrypt = 0, kEncrypt = 1 };

std::expected<Bytes, CipherError> crypt(Operation operation, CipherAlgorithm algorithm, ByteView key,
                                        ByteView iv, ByteView text) {
    const std::size_t block = block_size(algorithm);
    if (key.size() != key_size(algorithm) || iv.size() != block || text.size() % block != 0) {
        return std::unexpected(CipherError::kLength);
    }
    const EVP_CIPHER* cipher = evp_cipher(algorithm);
    if (cipher == nullptr) return std::unexpected(CipherError::kUnusable);

    const openssl::CipherCtxPtr context(openssl::require(EVP_CIPHER_CTX_new(), "EVP_CIPHER_CTX_new"));
    openssl::require(EVP_CipherInit_ex2(context.get(), cipher, key.data(), iv.data(),
                                        static_cast<int>(operation), nullptr) == 1,
                     "EVP_CipherInit_ex2");
    EVP_CIPHER_CTX_set_padding(context.get(), 0);
    Bytes out(text.size());
    int written = 0;
    openssl::require(EVP_CipherUpdate(context.get(), out.data(), &written, text.data(),
                                      static_cast<int>(text.size())) == 1,
                     "EVP_CipherUpdate");
    return out;
}

}  // namespace

std::size_t key_size(CipherAlgorithm algorithm) {
    switch (algorithm) {
        case CipherAlgorithm::kDesCbc:
            return kDesKey;
        case CipherAlgorithm::k3desCbc:
            return 3 * kDesKey;
        case CipherAlgorithm::kAes128Cbc:
            return 16;
        case CipherAlgorithm::kAes192Cbc:
            return 24;
        case CipherAlgorithm::kAes256Cbc:
            break;
    }
    return 32;
}

std::size_t block_size(CipherAlgorithm algorithm) {
    return algorithm == CipherAlgorithm::kDesCbc || algorithm == CipherAlgorithm::k3desCbc ? 8 : 16;
}

bool usable(CipherAlgorithm algorithm, std::string* why) {
    const bool fetched = evp_cipher(algorithm) != nullptr;
    if (!fetched && why != nullptr) *why = to_string(CipherError::kUnusable);
    return fetched;
}

std::string to_string(CipherError error) {
    if (error == CipherError::kLength) return "the cipher text is not a whole number of blocks";
    return "OpenSSL does not offer this cipher: for DES install its \"legacy\" provider (legacy.so of "
           "libssl3), or choose AES";
}

std::expected<Bytes, CipherError> encrypt(CipherAlgorithm algorithm, ByteView key, ByteView iv,
                                          ByteView text) {
    return crypt(Operation::kEncrypt, algorithm, key, iv, text);
}

std::expected<Bytes, CipherError> decrypt(CipherAlgorithm algorithm, ByteView key, ByteView iv,
                                          ByteView text) {
    return crypt(Operation::kDecrypt, algorithm, key, iv, text);
}

void set_odd_parity(std::span<std::uint8_t> key) {
    for (std::uint8_t& octet : key) {
        if (std::popcount(octet) % 2 == 0) octet ^= 1;
    }
}

bool is_weak_key(CipherAlgorithm algorithm, ByteView key) {
    if (algorithm == CipherAlgorithm::kDesCbc) return is_weak_des_key(key);
    if (algorithm != CipherAlgorithm::k3desCbc) return false;
    const ByteView first = key.subspan(0, kDesKey);
    const ByteView second = key.subspan(kDesKey, kDesKey);
    const ByteView third = key.subspan(2 * kDesKey, kDesKey);
    return equal_constant_time(first, second) || equal_constant_time(second, third) ||
           is_weak_des_key(first) || is_weak_des_key(second) || is_weak_des_key(third);
}

}  // namespace keyline::crypto
