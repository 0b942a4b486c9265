#include "authip/keys.h"

#include <algorithm>
#include <array>

#include "crypto/hmac.h"
#include "crypto/kdf.h"

namespace keyline::authip {
namespace {

using crypto::CipherAlgorithm;

// A-KDF with AlgorithmID | PartyUInfo | PartyVInfo | SuppPubInfo | SuppPrivInfo as OtherInfo.
Secret a_kdf(const KeyContext& context, ByteView z, const Secret& pub_info, const Secret& priv_info,
             std::size_t length) {
    Bytes algorithm_id;
    append_be16(algorithm_id, crypto_id(context.cipher));
    return crypto::concatenation_kdf(
        context.hash, z,
        {algorithm_id, context.initiator_cookie, context.responder_cookie, pub_info.view(), priv_info.view()},
        length);
}

Secret concatenation(crypto::Parts parts) {
    std::size_t size = 0;
    for (const ByteView part : parts)
        size += part.size();
    Secret joined(size);
    auto at = joined.writable().begin();
    for (const ByteView part : parts)
        at = std::ranges::copy(part, at).out;
    return joined;
}

Secret derive_skeyid(const KeyContext& context, const MmKeyInput& input) {
    return a_kdf(context, input.dh_secret, concatenation({input.initiator_nonce, input.responder_nonce}),
                 Secret::copy_of(input.gss_secret), crypto::digest_size(context.hash));
}

bool is_des(CipherAlgorithm cipher) {
    return cipher == CipherAlgorithm::kDesCbc || cipher == CipherAlgorithm::k3desCbc;
}

Bytes proof(crypto::HashAlgorithm hash, const Secret& key, ByteView chain, ByteView suffix) {
    return crypto::hmac(hash, key.view(), {chain, suffix});
}

constexpr std::array<std::uint8_t, 3> kSuffixes{0x00, 0x01, 0x02};

ByteView suffix(std::size_t value) { return ByteView(kSuffixes).subspan(value, 1); }

}  // namespace

std::uint16_t crypto_id(CipherAlgorithm cipher) {
    switch (cipher) {
        case CipherAlgorithm::kDesCbc:
            return 1;
        case CipherAlgorithm::k3desCbc:
            return 5;
        case CipherAlgorithm::kAes128Cbc:
        case CipherAlgorithm::kAes192Cbc:
        case CipherAlgorithm::kAes256Cbc:
            break;
    }
    return 7;
}

std::string to_string(KeyError) {
    return "the derived main mode encryption key is a weak DES key (RFC 2405 2.3): negotiate again, or "
           "choose AES";
}

std::expected<MmKeys, KeyError> derive_mm_keys(const KeyContext& context, const MmKeyInput& input) {
    const std::size_t hash_octets = crypto::digest_size(context.hash);
    const std::size_t crypt_octets = crypto::key_size(context.cipher);
    const auto derive = [&](std::size_t suffix_value, const Secret& priv_info, std::size_t length) {
        const Secret pub_info =
            concatenation({input.initiator_nonce, input.responder_nonce, suffix(suffix_value)});
        return a_kdf(context, input.dh_secret, pub_info, priv_info, length);
    };

    MmKeys keys;
    keys.skeyid = derive_skeyid(context, input);
    keys.skeyid_d = derive(0, keys.skeyid, hash_octets);
    keys.skeyid_a = derive(1, concatenation({keys.skeyid_d.view(), keys.skeyid.view()}), hash_octets);
    keys.skeyid_e = derive(2, concatenation({keys.skeyid_a.view(), keys.skeyid.view()}),
                           std::max(hash_octets, crypt_octets));

    keys.encryption_key = keys.skeyid_e.slice(0, crypt_octets);
    if (is_des(context.cipher)) {
        crypto::set_odd_parity(keys.encryption_key.writable());
        if (crypto::is_weak_key(context.cipher, keys.encryption_key.view())) {
            return std::unexpected(KeyError::kWeakKey);
        }
    }
    return keys;
}

Secret derive_skeyid_em(const KeyContext& context, const MmKeyInput& input) {
    return derive_skeyid(context, input);
}

QmKeys derive_qm_keys(const KeyContext& context, const QmKeyInput& input, std::size_t encryption_octets,
                      std::size_t integrity_octets, policy::QmKeyOrder order) {
    Bytes ids;
    append_be32(ids, input.message_id);
    append_be32(ids, input.spi);
    const Secret pub_info =
        concatenation({ids, input.initiator_nonce, input.responder_nonce, input.skeyid_d});
    const Secret priv_info =
        concatenation({input.mm_initiator_nonce, input.mm_responder_nonce, input.skeyid_em});
    const Secret material =
        a_kdf(context, input.dh_secret, pub_info, priv_info, encryption_octets + integrity_octets);
    return split_qm_keys(material, encryption_octets, integrity_octets, order);
}

QmKeys split_qm_keys(const Secret& material, std::size_t encryption_octets, std::size_t integrity_octets,
                     policy::QmKeyOrder order) {
    const bool encryption_first = order == policy::QmKeyOrder::kEncryptionFirst;
    return {.encryption_key = material.slice(encryption_first ? 0 : integrity_octets, encryption_octets),
            .integrity_key = material.slice(encryption_first ? encryption_octets : 0, integrity_octets)};
}

Bytes auth1(crypto::HashAlgorithm hash, const Secret& skeyid, ByteView chain) {
    return proof(hash, skeyid, chain, suffix(1));
}

Bytes auth2(crypto::HashAlgorithm hash, const Secret& skeyid, ByteView chain) {
    return proof(hash, skeyid, chain, suffix(2));
}

Bytes auth3(crypto::HashAlgorithm hash, const Secret& skeyid_em, ByteView em_chain, ByteView auth1) {
    return proof(hash, skeyid_em, em_chain, auth1);
}

Bytes auth4(crypto::HashAlgorithm hash, const Secret& skeyid_em, ByteView em_chain, ByteView auth2) {
    return proof(hash, skeyid_em, em_chain, auth2);
}

}  // namespace keyline::authip
