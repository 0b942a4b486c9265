#include "ikev1/keys.h"

#include <algorithm>
#include <array>

#include "crypto/hmac.h"

namespace keyline::ikev1 {
namespace {

using crypto::CipherAlgorithm;
using crypto::hmac_secret;

// Copies `blocks` one after the other until `to` is full.
class Filler {
  public:
    explicit Filler(Secret& to) : to_(to) {}
    bool full() const { return done_ == to_.size(); }
    void add(const Secret& block) {
        const std::size_t count = std::min(block.size(), to_.size() - done_);
        std::ranges::copy(block.view().first(count), to_.writable().subspan(done_).begin());
        done_ += count;
    }

  private:
    Secret& to_;
    std::size_t done_ = 0;
};

// Appendix B: the key itself, such as SKEYID_e, where it is long enough, else K1 | K2 | ... with
// K1 = prf(SKEYID_e, 0).
Secret encryption_key(const KeyContext& context, const Secret& skeyid_e) {
    Secret key(crypto::key_size(context.cipher));
    Filler filler(key);
    if (skeyid_e.size() >= key.size()) {
        filler.add(skeyid_e);
    } else {
        constexpr std::array<std::uint8_t, 1> kZero{};
        Secret block = hmac_secret(context.hash, skeyid_e.view(), {kZero});
        for (filler.add(block); !filler.full(); filler.add(block))
            block = hmac_secret(context.hash, skeyid_e.view(), {block.view()});
    }
    if (context.cipher == CipherAlgorithm::kDesCbc || context.cipher == CipherAlgorithm::k3desCbc) {
        crypto::set_odd_parity(key.writable());
    }
    return key;
}

Bytes iv(const KeyContext& context, crypto::Parts parts) {
    Bytes digest = crypto::hash(context.hash, parts);
    digest.resize(crypto::block_size(context.cipher));
    return digest;
}

Bytes be32(std::uint32_t value) {
    Bytes octets;
    append_be32(octets, value);
    return octets;
}

}  // namespace

Secret psk_skeyid(crypto::HashAlgorithm hash, const Secret& key, ByteView initiator_nonce,
                  ByteView responder_nonce) {
    return hmac_secret(hash, key.view(), {initiator_nonce, responder_nonce});
}

Secret signature_skeyid(crypto::HashAlgorithm hash, ByteView initiator_nonce, ByteView responder_nonce,
                        const Secret& dh_secret) {
    Bytes nonces(initiator_nonce.begin(), initiator_nonce.end());
    append(nonces, responder_nonce);
    return hmac_secret(hash, nonces, {dh_secret.view()});
}

Secret public_key_skeyid(const KeyContext& context, ByteView initiator_nonce, ByteView responder_nonce) {
    const Bytes nonces = crypto::hash(context.hash, {initiator_nonce, responder_nonce});
    return hmac_secret(context.hash, nonces, {context.initiator_cookie, context.responder_cookie});
}

Secret payload_key(const KeyContext& context, ByteView nonce, const wire::Cookie& cookie) {
    return encryption_key(context, hmac_secret(context.hash, nonce, {cookie}));
}

MmKeys derive_mm_keys(const KeyContext& context, Secret skeyid, const Secret& dh_secret) {
    const auto derive = [&](ByteView before, std::uint8_t number) {
        const std::array<std::uint8_t, 1> suffix{number};
        return hmac_secret(
            context.hash, skeyid.view(),
            {before, dh_secret.view(), context.initiator_cookie, context.responder_cookie, suffix});
    };
    MmKeys keys;
    keys.skeyid_d = derive({}, 0);
    keys.skeyid_a = derive(keys.skeyid_d.view(), 1);
    keys.skeyid_e = derive(keys.skeyid_a.view(), 2);
    keys.encryption_key = encryption_key(context, keys.skeyid_e);
    keys.skeyid = std::move(skeyid);
    return keys;
}

Bytes hash_i(const KeyContext& context, const Secret& skeyid, const ProofInput& input) {
    return crypto::hmac(context.hash, skeyid.view(),
                        {input.own_public_value, input.other_public_value, context.initiator_cookie,
                         context.responder_cookie, input.offer, input.id});
}

Bytes hash_r(const KeyContext& context, const Secret& skeyid, const ProofInput& input) {
    return crypto::hmac(context.hash, skeyid.view(),
                        {input.own_public_value, input.other_public_value, context.responder_cookie,
                         context.initiator_cookie, input.offer, input.id});
}

Bytes first_iv(const KeyContext& context, ByteView initiator_public_value, ByteView responder_public_value) {
    return iv(context, {initiator_public_value, responder_public_value});
}

Bytes exchange_iv(const KeyContext& context, ByteView last_block, std::uint32_t message_id) {
    return iv(context, {last_block, be32(message_id)});
}

Bytes message_hash(const KeyContext& context, const Secret& skeyid_a, std::uint32_t message_id,
                   ByteView initiator_nonce, ByteView rest) {
    return crypto::hmac(context.hash, skeyid_a.view(), {be32(message_id), initiator_nonce, rest});
}

Bytes final_hash(const KeyContext& context, const Secret& skeyid_a, std::uint32_t message_id,
                 ByteView initiator_nonce, ByteView responder_nonce) {
    constexpr std::array<std::uint8_t, 1> kZero{};
    return crypto::hmac(context.hash, skeyid_a.view(),
                        {kZero, be32(message_id), initiator_nonce, responder_nonce});
}

Bytes delete_answer_hash(const KeyContext& context, const Secret& skeyid_a, ByteView nonce,
                         std::uint32_t message_id, ByteView rest) {
    return crypto::hmac(context.hash, skeyid_a.view(), {nonce, be32(message_id), rest});
}

Secret derive_keymat(const KeyContext& context, const QmKeyInput& input, std::size_t octets) {
    Secret keymat(octets);
    Filler filler(keymat);
    const std::array<std::uint8_t, 1> protocol{input.protocol};
    const Bytes spi = be32(input.spi);
    Secret block;
    while (!filler.full()) {
        block = hmac_secret(context.hash, input.skeyid_d.view(),
                            {block.view(), input.dh_secret.view(), protocol, spi, input.initiator_nonce,
                             input.responder_nonce});
        filler.add(block);
    }
    return keymat;
}

}  // namespace keyline::ikev1
