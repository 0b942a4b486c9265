#include "auth/public_key.h"

#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace keyline::auth::x509 {
namespace {

using EcdsaPtr = std::unique_ptr<ECDSA_SIG, Deleter<ECDSA_SIG_free>>;

struct Curve {
    std::string_view name;  // OpenSSL's
    KeyKind kind;
};
constexpr Curve kCurves[] = {
    {"prime256v1", KeyKind::kEcdsa256}, {"secp384r1", KeyKind::kEcdsa384}, {"secp521r1", KeyKind::kEcdsa521}};

bool is_rsa(const EVP_PKEY* key) { return EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA; }

// Ready for one operation on a key of any kind.
PKeyContextPtr begin(EVP_PKEY* key, int (*start)(EVP_PKEY_CTX*)) {
    PKeyContextPtr context(EVP_PKEY_CTX_new(key, nullptr));
    if (!context || start(context.get()) != 1) return {};
    if (is_rsa(key) && EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) != 1) return {};
    return context;
}

// Octets of r and of s.
std::size_t coordinate_octets(const EVP_PKEY* key) {
    return (static_cast<std::size_t>(EVP_PKEY_get_bits(key)) + 7) / 8;
}

Bytes from_der(const EVP_PKEY* key, const Bytes& der) {
    const unsigned char* at = der.data();
    const EcdsaPtr signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
    if (!signature) return {};
    const std::size_t octets = coordinate_octets(key);
    Bytes both(2 * octets);
    const int length = static_cast<int>(octets);
    BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), both.data(), length);
    BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), both.data() + octets, length);
    return both;
}

// Empty for what is no pair of numbers of the curve's length.
Bytes to_der(const EVP_PKEY* key, ByteView both) {
    const std::size_t octets = coordinate_octets(key);
    if (both.size() != 2 * octets) return {};
    const EcdsaPtr signature(ECDSA_SIG_new());
    const int length = static_cast<int>(octets);
    if (!signature || ECDSA_SIG_set0(signature.get(), BN_bin2bn(both.data(), length, nullptr),
                                     BN_bin2bn(both.data() + octets, length, nullptr)) != 1) {
        return {};
    }
    unsigned char* der = nullptr;
    const int size = i2d_ECDSA_SIG(signature.get(), &der);
    if (size <= 0) return {};
    Bytes result(der, der + size);
    OPENSSL_free(der);
    return result;
}

}  // namespace

std::optional<KeyKind> kind_of(const EVP_PKEY* key) {
    if (is_rsa(key)) return KeyKind::kRsa;
    if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC) return std::nullopt;
    std::array<char, 32> name{};
    std::size_t size = 0;
    if (EVP_PKEY_get_group_name(key, name.data(), name.size(), &size) != 1) return std::nullopt;
    const auto* curve = std::ranges::find(kCurves, std::string_view(name.data(), size), &Curve::name);
    return curve == std::end(kCurves) ? std::nullopt : std::optional(curve->kind);
}

Bytes sign(EVP_PKEY* key, ByteView hash) {
    const PKeyContextPtr context = begin(key, EVP_PKEY_sign_init);
    std::size_t size = static_cast<std::size_t>(EVP_PKEY_get_size(key));
    Bytes signature(size);
    if (!context || EVP_PKEY_sign(context.get(), signature.data(), &size, hash.data(), hash.size()) != 1) {
        ERR_clear_error();
        return {};
    }
    signature.resize(size);
    return is_rsa(key) ? signature : from_der(key, signature);
}

bool verifies(EVP_PKEY* key, ByteView hash, ByteView signature) {
    const PKeyContextPtr context = begin(key, EVP_PKEY_verify_init);
    const Bytes own_form = is_rsa(key) ? Bytes(signature.begin(), signature.end()) : to_der(key, signature);
    const bool good =
        context && !own_form.empty() &&
        EVP_PKEY_verify(context.get(), own_form.data(), own_form.size(), hash.data(), hash.size()) == 1;
    ERR_clear_error();
    return good;
}

std::optional<Bytes> encrypt(EVP_PKEY* key, ByteView text) {
    const PKeyContextPtr context = begin(key, EVP_PKEY_encrypt_init);
    std::size_t size = static_cast<std::size_t>(EVP_PKEY_get_size(key));
    Bytes ciphertext(size);
    const bool done =
        context && EVP_PKEY_encrypt(context.get(), ciphertext.data(), &size, text.data(), text.size()) == 1;
    ERR_clear_error();
    if (!done) return std::nullopt;
    ciphertext.resize(size);
    return ciphertext;
}

std::optional<Secret> decrypt(EVP_PKEY* key, ByteView ciphertext) {
    const PKeyContextPtr context = begin(key, EVP_PKEY_decrypt_init);
    std::size_t size = static_cast<std::size_t>(EVP_PKEY_get_size(key));
    Secret text(size);
    const bool done = context && EVP_PKEY_decrypt(context.get(), text.writable().data(), &size,
                                                  ciphertext.data(), ciphertext.size()) == 1;
    ERR_clear_error();
    if (!done) return std::nullopt;
    return Secret::copy_of(text.view().first(size));
}

}  // namespace keyline::auth::x509
