#include "fastpath/ipsec_mb_engine.h"

#include <intel-ipsec-mb.h>
#include <openssl/crypto.h>

#include <array>
#include <cstring>

#include "fastpath/byte_order.h"
#include "fastpath/openssl_engine.h"

namespace keyline::fastpath {
namespace {

constexpr std::size_t kMaxDigestState = 64;

class IpsecMbContext : public CipherContext {
  public:
    IpsecMbContext() : CipherContext(KL_CRYPTO_IPSEC_MB) {}
    ~IpsecMbContext() override { OPENSSL_cleanse(&keys, sizeof keys); }

    // The library reads these by pointer, with aligned vector loads.
    struct Keys {
        alignas(64) std::array<std::uint8_t, kMaxDigestState> inner;
        alignas(64) std::array<std::uint8_t, kMaxDigestState> outer;
        alignas(64) std::array<std::uint8_t, 15 * 16> encrypt;
        std::array<std::uint8_t, kSaltOctets> salt;
        alignas(64) std::array<std::uint8_t, 15 * 16> decrypt;
        alignas(64) gcm_key_data gcm;
    } keys{};
    Suite suite;
    bool seals = false;
    bool esn = false;
};

struct Hmac {
    IMB_HASH_ALG algorithm;
    std::size_t block_octets;
    void (*one_block)(IMB_MGR*, const void*, void*);
};

Hmac hmac_of(kl_integrity integrity) {
    switch (integrity) {
        case KL_INTEG_HMAC_SHA1_96:
            return {IMB_AUTH_HMAC_SHA_1, 64,
                    [](IMB_MGR* m, const void* in, void* out) { IMB_SHA1_ONE_BLOCK(m, in, out); }};
        case KL_INTEG_HMAC_SHA2_384_192:
            return {IMB_AUTH_HMAC_SHA_384, 128,
                    [](IMB_MGR* m, const void* in, void* out) { IMB_SHA384_ONE_BLOCK(m, in, out); }};
        case KL_INTEG_HMAC_SHA2_512_256:
            return {IMB_AUTH_HMAC_SHA_512, 128,
                    [](IMB_MGR* m, const void* in, void* out) { IMB_SHA512_ONE_BLOCK(m, in, out); }};
        default:
            return {IMB_AUTH_HMAC_SHA_256, 64,
                    [](IMB_MGR* m, const void* in, void* out) { IMB_SHA256_ONE_BLOCK(m, in, out); }};
    }
}

// RFC 2104: the digest states after the key blocks, which every packet starts from.
void expand_hmac(IMB_MGR* manager, const Suite& suite, const std::uint8_t* key, IpsecMbContext::Keys& to) {
    const Hmac hmac = hmac_of(suite.integrity);
    std::array<std::uint8_t, 128> block;
    const auto digest = [&](std::uint8_t pad, void* state) {
        block.fill(pad);
        for (std::size_t i = 0; i < suite.integrity_octets; ++i)
            block[i] ^= key[i];
        hmac.one_block(manager, block.data(), state);
    };
    digest(0x36, to.inner.data());
    digest(0x5c, to.outer.data());
    OPENSSL_cleanse(block.data(), block.size());
}

class IpsecMbEngine : public CryptoEngine {
  public:
    explicit IpsecMbEngine(IMB_MGR* manager) : manager_(manager) {}
    ~IpsecMbEngine() override {
        free_mb_mgr(manager_);
        OPENSSL_cleanse(&scratch_, sizeof scratch_);
    }
    IpsecMbEngine(const IpsecMbEngine&) = delete;
    IpsecMbEngine& operator=(const IpsecMbEngine&) = delete;

    kl_crypto_engine kind() const override { return KL_CRYPTO_IPSEC_MB; }

    std::expected<std::unique_ptr<CipherContext>, std::string> make_context(const Suite& suite,
                                                                            const kl_sa_keys& keys,
                                                                            kl_direction direction,
                                                                            bool esn) override {
        if (kl_needs_openssl(suite.encryption, suite.integrity)) {
            return openssl_->make_context(suite, keys, direction, esn);
        }
        auto context = std::make_unique<IpsecMbContext>();
        context->suite = suite;
        context->seals = direction == KL_OUTBOUND;
        context->esn = esn;
        if (suite.is_gcm()) {
            std::memcpy(context->keys.salt.data(), keys.encryption + suite.key_octets, kSaltOctets);
        } else {
            expand_hmac(manager_, suite, keys.integrity, context->keys);
        }
        if (suite.encryption != KL_ENCR_NULL) expand_cipher(suite, keys.encryption, context->keys);
        return context;
    }

    void run(std::span<CryptoJob> jobs) override {
        std::array<CryptoJob*, kMaxBurst> own;
        std::uint32_t count = 0;
        for (CryptoJob& job : jobs) {
            job.ok = false;
            if (job.context->engine == KL_CRYPTO_IPSEC_MB) {
                own[count++] = &job;
            } else {
                openssl_->run({&job, 1});
            }
        }
        std::array<IMB_JOB*, kMaxBurst> burst;
        if (count == 0 || IMB_GET_NEXT_BURST(manager_, count, burst.data()) != count) return;
        for (std::uint32_t i = 0; i < count; ++i)
            describe(*burst[i], *own[i], scratch_[i]);
        std::uint32_t done = IMB_SUBMIT_BURST(manager_, count, burst.data());
        finish({burst.data(), done});
        while (done < count) {
            const std::uint32_t more = IMB_FLUSH_BURST(manager_, count - done, burst.data());
            if (more == 0) break;
            finish({burst.data(), more});
            done += more;
        }
    }

  private:
    // What must live until the library has finished with a packet.
    struct Scratch {
        std::array<std::uint8_t, 12> nonce;
        std::array<std::uint8_t, 12> aad;
        alignas(16) std::array<std::uint8_t, kMaxIcvOctets> tag;
        std::array<std::uint8_t, kMaxIcvOctets> received;
    };

    void expand_cipher(const Suite& suite, const std::uint8_t* key, IpsecMbContext::Keys& to) {
        switch (suite.key_octets) {
            case 16:
                if (suite.is_gcm()) {
                    IMB_AES128_GCM_PRE(manager_, key, &to.gcm);
                } else {
                    IMB_AES_KEYEXP_128(manager_, key, to.encrypt.data(), to.decrypt.data());
                }
                break;
            case 24:
                if (suite.is_gcm()) {
                    IMB_AES192_GCM_PRE(manager_, key, &to.gcm);
                } else {
                    IMB_AES_KEYEXP_192(manager_, key, to.encrypt.data(), to.decrypt.data());
                }
                break;
            default:
                if (suite.is_gcm()) {
                    IMB_AES256_GCM_PRE(manager_, key, &to.gcm);
                } else {
                    IMB_AES_KEYEXP_256(manager_, key, to.encrypt.data(), to.decrypt.data());
                }
        }
    }

    static void describe(IMB_JOB& to, CryptoJob& job, Scratch& scratch) {
        auto& context = static_cast<IpsecMbContext&>(*job.context);
        const Suite& suite = context.suite;
        std::uint8_t* const iv = job.esp + kEspHeaderOctets;
        std::uint8_t* const text = iv + suite.iv_octets;
        std::uint8_t* const icv = text + job.text_octets;
        std::memcpy(scratch.received.data(), icv, suite.icv_octets);

        to.user_data = &job;
        to.user_data2 = &scratch;
        to.cipher_direction = context.seals ? IMB_DIR_ENCRYPT : IMB_DIR_DECRYPT;
        to.chain_order = context.seals ? IMB_ORDER_CIPHER_HASH : IMB_ORDER_HASH_CIPHER;
        to.src = job.esp;
        to.dst = text;
        to.cipher_start_src_offset_in_bytes = kEspHeaderOctets + suite.iv_octets;
        to.msg_len_to_cipher_in_bytes = job.text_octets;
        to.auth_tag_output = scratch.tag.data();
        to.auth_tag_output_len_in_bytes = suite.icv_octets;
        if (suite.is_gcm()) {
            describe_gcm(to, context, job, scratch);
        } else {
            describe_hmac_suite(to, context, job, icv);
        }
    }

    static void describe_gcm(IMB_JOB& to, IpsecMbContext& context, const CryptoJob& job, Scratch& scratch) {
        std::memcpy(scratch.nonce.data(), context.keys.salt.data(), kSaltOctets);
        std::memcpy(&scratch.nonce[kSaltOctets], job.esp + kEspHeaderOctets, 8);
        to.cipher_mode = IMB_CIPHER_GCM;
        to.hash_alg = IMB_AUTH_AES_GMAC;
        to.enc_keys = &context.keys.gcm;
        to.dec_keys = &context.keys.gcm;
        to.key_len_in_bytes = context.suite.key_octets;
        to.iv = scratch.nonce.data();
        to.iv_len_in_bytes = scratch.nonce.size();
        to.hash_start_src_offset_in_bytes = to.cipher_start_src_offset_in_bytes;
        to.msg_len_to_hash_in_bytes = job.text_octets;
        // RFC 4106 5: SPI and sequence number, all 64 bits of it with ESN.
        to.u.GCM.aad = job.esp;
        to.u.GCM.aad_len_in_bytes = kEspHeaderOctets;
        if (context.esn) {
            std::memcpy(scratch.aad.data(), job.esp, 4);
            store_be32(&scratch.aad[4], job.sequence_high);
            std::memcpy(&scratch.aad[8], job.esp + 4, 4);
            to.u.GCM.aad = scratch.aad.data();
            to.u.GCM.aad_len_in_bytes = scratch.aad.size();
        }
    }

    static void describe_hmac_suite(IMB_JOB& to, IpsecMbContext& context, const CryptoJob& job,
                                    std::uint8_t* icv) {
        const bool null_cipher = context.suite.encryption == KL_ENCR_NULL;
        to.cipher_mode = null_cipher ? IMB_CIPHER_NULL : IMB_CIPHER_CBC;
        to.enc_keys = context.keys.encrypt.data();
        to.dec_keys = context.keys.decrypt.data();
        to.key_len_in_bytes = null_cipher ? 16 : context.suite.key_octets;
        to.iv = job.esp + kEspHeaderOctets;
        to.iv_len_in_bytes = context.suite.iv_octets;
        to.hash_alg = hmac_of(context.suite.integrity).algorithm;
        to.hash_start_src_offset_in_bytes = 0;
        to.msg_len_to_hash_in_bytes = kEspHeaderOctets + context.suite.iv_octets + job.text_octets;
        to.u.HMAC._hashed_auth_key_xor_ipad = context.keys.inner.data();
        to.u.HMAC._hashed_auth_key_xor_opad = context.keys.outer.data();
        if (context.esn) {
            // The unsent half is hashed behind the text (RFC 4303 2.8), where the ICV stands; that one is in
            // the scratch.
            store_be32(icv, job.sequence_high);
            to.msg_len_to_hash_in_bytes += 4;
        }
    }

    static void finish(std::span<IMB_JOB* const> finished) {
        for (const IMB_JOB* done : finished) {
            auto& job = *static_cast<CryptoJob*>(done->user_data);
            const auto& scratch = *static_cast<const Scratch*>(done->user_data2);
            const auto& context = static_cast<const IpsecMbContext&>(*job.context);
            const std::uint32_t octets = context.suite.icv_octets;
            if (done->status != IMB_STATUS_COMPLETED) continue;
            if (context.seals) {
                std::memcpy(job.esp + kEspHeaderOctets + context.suite.iv_octets + job.text_octets,
                            scratch.tag.data(), octets);
                job.ok = true;
            } else {
                job.ok = CRYPTO_memcmp(scratch.tag.data(), scratch.received.data(), octets) == 0;
            }
        }
    }

    IMB_MGR* manager_;
    std::unique_ptr<CryptoEngine> openssl_ = make_openssl_engine();  // for what kl_needs_openssl
    std::array<Scratch, kMaxBurst> scratch_;
};

}  // namespace

std::expected<std::unique_ptr<CryptoEngine>, std::string> make_ipsec_mb_engine() {
    IMB_MGR* const manager = alloc_mb_mgr(0);
    if (manager == nullptr)
        return std::unexpected("intel-ipsec-mb cannot allocate its manager: out of memory");
    IMB_ARCH architecture = IMB_ARCH_NONE;
    init_mb_mgr_auto(manager, &architecture);
    if (imb_get_errno(manager) != 0 || architecture < IMB_ARCH_SSE) {
        free_mb_mgr(manager);
        return std::unexpected("intel-ipsec-mb needs a CPU with AES-NI; use --engine openssl");
    }
    return std::make_unique<IpsecMbEngine>(manager);
}

}  // namespace keyline::fastpath
