#include "fastpath/openssl_engine.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "fastpath/byte_order.h"

namespace keyline::fastpath {
namespace {

struct Freed {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
    void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
    void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};

class OpensslContext : public CipherContext {
  public:
    OpensslContext() : CipherContext(KL_CRYPTO_OPENSSL) {}
    ~OpensslContext() override { OPENSSL_cleanse(salt.data(), salt.size()); }

    Suite suite;
    bool seals = false;
    bool esn = false;
    std::array<std::uint8_t, kSaltOctets> salt{};
    std::unique_ptr<EVP_CIPHER_CTX, Freed> cipher;
    std::unique_ptr<EVP_MAC_CTX, Freed> mac;
};

bool is_des(const Suite& suite) {
    return suite.encryption == KL_ENCR_DES_CBC || suite.encryption == KL_ENCR_3DES_CBC;
}

const EVP_CIPHER* cipher_of(const Suite& suite) {
    if (is_des(suite)) return EVP_des_ede3_cbc();
    switch (suite.key_octets) {
        case 16:
            return suite.is_gcm() ? EVP_aes_128_gcm() : EVP_aes_128_cbc();
        case 24:
            return suite.is_gcm() ? EVP_aes_192_gcm() : EVP_aes_192_cbc();
        default:
            return suite.is_gcm() ? EVP_aes_256_gcm() : EVP_aes_256_cbc();
    }
}

const char* digest_of(const Suite& suite) {
    switch (suite.integrity) {
        case KL_INTEG_HMAC_MD5_96:
            return "MD5";
        case KL_INTEG_HMAC_SHA1_96:
            return "SHA1";
        case KL_INTEG_HMAC_SHA2_384_192:
            return "SHA384";
        case KL_INTEG_HMAC_SHA2_512_256:
            return "SHA512";
        default:
            return "SHA256";
    }
}

bool run_gcm(OpensslContext& context, CryptoJob& job) {
    std::uint8_t* const iv = job.esp + kEspHeaderOctets;
    std::uint8_t* const text = iv + context.suite.iv_octets;
    std::uint8_t* const icv = text + job.text_octets;
    std::array<std::uint8_t, 12> nonce;
    std::memcpy(nonce.data(), context.salt.data(), kSaltOctets);
    std::memcpy(nonce.data() + kSaltOctets, iv, 8);

    // RFC 4106 5: SPI and sequence number, all 64 bits of it with ESN.
    std::array<std::uint8_t, 12> esn_aad;
    const std::uint8_t* aad = job.esp;
    int aad_octets = kEspHeaderOctets;
    if (context.esn) {
        std::memcpy(esn_aad.data(), job.esp, 4);
        store_be32(&esn_aad[4], job.sequence_high);
        std::memcpy(&esn_aad[8], job.esp + 4, 4);
        aad = esn_aad.data();
        aad_octets = 12;
    }

    EVP_CIPHER_CTX* const cipher = context.cipher.get();
    const int tag_octets = static_cast<int>(context.suite.icv_octets);
    int written = 0;
    if (EVP_CipherInit_ex(cipher, nullptr, nullptr, nullptr, nonce.data(), -1) != 1) return false;
    if (EVP_CipherUpdate(cipher, nullptr, &written, aad, aad_octets) != 1) return false;
    // RFC 4543 3.3: IV and text are associated data, too.
    const int text_octets = static_cast<int>(job.text_octets);
    const bool done = context.suite.is_gmac()
                          ? EVP_CipherUpdate(cipher, nullptr, &written, iv, 8 + text_octets) == 1
                          : EVP_CipherUpdate(cipher, text, &written, text, text_octets) == 1;
    if (!done) return false;
    if (!context.seals && EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, tag_octets, icv) != 1)
        return false;
    if (EVP_CipherFinal_ex(cipher, icv, &written) != 1) return false;
    return !context.seals || EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, tag_octets, icv) == 1;
}

bool run_cbc(OpensslContext& context, CryptoJob& job) {
    if (context.cipher == nullptr) return true;
    std::uint8_t* const iv = job.esp + kEspHeaderOctets;
    std::uint8_t* const text = iv + context.suite.iv_octets;
    int written = 0;
    return EVP_CipherInit_ex(context.cipher.get(), nullptr, nullptr, nullptr, iv, -1) == 1 &&
           EVP_CipherUpdate(context.cipher.get(), text, &written, text, static_cast<int>(job.text_octets)) ==
               1 &&
           written == static_cast<int>(job.text_octets);
}

bool compute_hmac(OpensslContext& context, const CryptoJob& job, std::array<std::uint8_t, 64>& tag) {
    EVP_MAC_CTX* const mac = context.mac.get();
    const std::size_t octets = kEspHeaderOctets + context.suite.iv_octets + job.text_octets;
    std::array<std::uint8_t, 4> high;
    store_be32(high.data(), job.sequence_high);
    std::size_t written = 0;
    return EVP_MAC_init(mac, nullptr, 0, nullptr) == 1 && EVP_MAC_update(mac, job.esp, octets) == 1 &&
           (!context.esn || EVP_MAC_update(mac, high.data(), high.size()) == 1) &&
           EVP_MAC_final(mac, tag.data(), &written, tag.size()) == 1;
}

bool run_hmac_suite(OpensslContext& context, CryptoJob& job) {
    std::uint8_t* const icv = job.esp + kEspHeaderOctets + context.suite.iv_octets + job.text_octets;
    std::array<std::uint8_t, 64> tag;
    if (context.seals) {
        if (!run_cbc(context, job) || !compute_hmac(context, job, tag)) return false;
        std::memcpy(icv, tag.data(), context.suite.icv_octets);
        return true;
    }
    return compute_hmac(context, job, tag) && CRYPTO_memcmp(tag.data(), icv, context.suite.icv_octets) == 0 &&
           run_cbc(context, job);
}

class OpensslEngine : public CryptoEngine {
  public:
    kl_crypto_engine kind() const override { return KL_CRYPTO_OPENSSL; }

    std::expected<std::unique_ptr<CipherContext>, std::string> make_context(const Suite& suite,
                                                                            const kl_sa_keys& keys,
                                                                            kl_direction direction,
                                                                            bool esn) override {
        auto context = std::make_unique<OpensslContext>();
        context->suite = suite;
        context->seals = direction == KL_OUTBOUND;
        context->esn = esn;
        if (suite.is_gcm())
            std::memcpy(context->salt.data(), keys.encryption + suite.key_octets, kSaltOctets);
        if (suite.encryption != KL_ENCR_NULL && !make_cipher(*context, keys)) {
            return std::unexpected("OpenSSL refuses the cipher; is it disabled in openssl.cnf?");
        }
        if (!suite.is_gcm() && !make_mac(*context, keys)) {
            return std::unexpected("OpenSSL refuses the HMAC; is its digest disabled in openssl.cnf?");
        }
        return context;
    }

    void run(std::span<CryptoJob> jobs) override {
        for (CryptoJob& job : jobs) {
            auto& context = static_cast<OpensslContext&>(*job.context);
            job.ok = context.suite.is_gcm() ? run_gcm(context, job) : run_hmac_suite(context, job);
        }
    }

  private:
    static bool make_cipher(OpensslContext& context, const kl_sa_keys& keys) {
        std::array<std::uint8_t, sizeof keys.encryption> key;
        std::ranges::copy(keys.encryption, key.begin());
        if (context.suite.encryption == KL_ENCR_DES_CBC) {
            // OpenSSL 3 has DES only in its legacy provider; 3DES with one key three times is DES.
            std::copy_n(key.begin(), 8, key.begin() + 8);
            std::copy_n(key.begin(), 8, key.begin() + 16);
        }
        context.cipher.reset(EVP_CIPHER_CTX_new());
        EVP_CIPHER_CTX* const cipher = context.cipher.get();
        const bool made = cipher != nullptr &&
                          EVP_CipherInit_ex(cipher, cipher_of(context.suite), nullptr, key.data(), nullptr,
                                            context.seals ? 1 : 0) == 1 &&
                          EVP_CIPHER_CTX_set_padding(cipher, 0) == 1;
        OPENSSL_cleanse(key.data(), key.size());
        return made;
    }

    static bool make_mac(OpensslContext& context, const kl_sa_keys& keys) {
        const std::unique_ptr<EVP_MAC, Freed> hmac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
        if (hmac == nullptr) return false;
        context.mac.reset(EVP_MAC_CTX_new(hmac.get()));
        std::string digest = digest_of(context.suite);
        const std::array params{OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
                                OSSL_PARAM_construct_end()};
        return context.mac != nullptr && EVP_MAC_init(context.mac.get(), keys.integrity,
                                                      context.suite.integrity_octets, params.data()) == 1;
    }
};

}  // namespace

std::unique_ptr<CryptoEngine> make_openssl_engine() { return std::make_unique<OpensslEngine>(); }

}  // namespace keyline::fastpath
