#include "bare_dh.h"

#include <openssl/core_names.h>

#include <array>

#include "statistics.h"

namespace keyline::bench {
namespace {

constexpr unsigned kModpPrivateBits = 320;

struct FreeKey {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;
using Value = std::array<std::uint8_t, 256>;

void require(bool succeeded, const char* what) {
    if (!succeeded) fail(std::string("OpenSSL failed in ") + what);
}

Key generate(EVP_PKEY_CTX* generator) {
    EVP_PKEY* key = nullptr;
    require(EVP_PKEY_generate(generator, &key) == 1, "EVP_PKEY_generate");
    return Key(key);
}

Value compute(const Key& own, const Key& peer) {
    EVP_PKEY_CTX* const context = EVP_PKEY_CTX_new_from_pkey(nullptr, own.get(), nullptr);
    Value secret{};
    std::size_t size = secret.size();
    require(EVP_PKEY_derive_init(context) == 1, "EVP_PKEY_derive_init");
    require(EVP_PKEY_derive_set_peer_ex(context, peer.get(), 0) == 1, "EVP_PKEY_derive_set_peer_ex");
    require(EVP_PKEY_derive(context, secret.data(), &size) == 1, "EVP_PKEY_derive");
    EVP_PKEY_CTX_free(context);
    return secret;
}

}  // namespace

BareDh::BareDh(policy::DhGroup group) {
    const bool elliptic = group == policy::DhGroup::kEcp256;
    generator_.reset(EVP_PKEY_CTX_new_from_name(nullptr, elliptic ? "EC" : "DH", nullptr));
    require(EVP_PKEY_keygen_init(generator_.get()) == 1, "EVP_PKEY_keygen_init");
    require(EVP_PKEY_CTX_set_group_name(generator_.get(), elliptic ? "P-256" : "modp_2048") == 1,
            "EVP_PKEY_CTX_set_group_name");
    if (elliptic) return;
    int bits = kModpPrivateBits;
    const std::array<OSSL_PARAM, 2> parameters{OSSL_PARAM_construct_int(OSSL_PKEY_PARAM_DH_PRIV_LEN, &bits),
                                               OSSL_PARAM_construct_end()};
    require(EVP_PKEY_CTX_set_params(generator_.get(), parameters.data()) == 1, "EVP_PKEY_CTX_set_params");
}

void BareDh::exchange() const {
    const Key a = generate(generator_.get());
    const Key b = generate(generator_.get());
    require(compute(a, b) == compute(b, a), "a Diffie-Hellman exchange");
}

}  // namespace keyline::bench
