#include "authip/crypto_payload.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/secret.h"
#include "crypto/hmac.h"
#include "wire/build.h"

namespace keyline::authip {
namespace {

constexpr std::size_t kShortIcv = 12;
constexpr std::size_t kTrailerSize = 2;  // Pad_Length and Next_Payload

// prf(SKEYID_a, the message up to the ICV with the ISAKMP Length taken as zero), truncated.
Bytes message_icv(ByteView message, const MessageProtection& protection) {
    constexpr std::array<std::uint8_t, 4> kZeroLength{};
    Bytes icv = crypto::hmac(protection.hash, protection.integrity_key,
                             {message.first(wire::kHeaderLengthOffset), kZeroLength,
                              message.subspan(wire::kHeaderLengthOffset + kZeroLength.size())});
    icv.resize(protection.icv_octets);
    return icv;
}

Bytes keys_icv(ByteView ciphertext, const MessageProtection& protection) {
    Bytes icv = crypto::hmac(protection.hash, protection.integrity_key, {ciphertext});
    icv.resize(protection.icv_octets);
    return icv;
}

// What follows `octets` of plaintext: padding 1, 2, 3, ... to the block, Pad_Length, Next_Payload.
Bytes trailer(std::size_t octets, std::size_t block, wire::PayloadType first) {
    Bytes text;
    const std::size_t padding = (block - (octets + kTrailerSize) % block) % block;
    for (std::size_t octet = 1; octet <= padding; ++octet)
        text.push_back(static_cast<std::uint8_t>(octet));
    text.push_back(static_cast<std::uint8_t>(padding));
    text.push_back(std::to_underlying(first));
    return text;
}

// How much of a decrypted text, a block at least, comes before its trailer.
std::expected<std::size_t, OpenError> size_without_trailer(ByteView text) {
    const std::size_t padding = text[text.size() - 2];
    if (padding + kTrailerSize > text.size()) return std::unexpected(OpenError::kPadding);
    const std::size_t end = text.size() - kTrailerSize - padding;
    for (std::size_t octet = 1; octet <= padding; ++octet) {
        if (text[end + octet - 1] != octet) return std::unexpected(OpenError::kPadding);
    }
    return end;
}

}  // namespace

std::size_t icv_size(crypto::HashAlgorithm hash, bool short_for_all) {
    if (short_for_all) return kShortIcv;
    switch (hash) {
        case crypto::HashAlgorithm::kMd5:
        case crypto::HashAlgorithm::kSha1:
            return kShortIcv;
        case crypto::HashAlgorithm::kSha256:
            return 16;
        case crypto::HashAlgorithm::kSha384:
            return 24;
        case crypto::HashAlgorithm::kSha512:
            break;
    }
    return 32;
}

std::expected<Bytes, std::string> seal(const wire::Header& header, std::uint32_t sequence,
                                       const PayloadSequence& payloads, const MessageProtection& protection,
                                       crypto::RandomSource& random) {
    const std::size_t block = crypto::block_size(protection.cipher);
    wire::CryptoHeader crypto_header{.sequence = sequence, .iv = Bytes(block)};
    random.fill(crypto_header.iv);

    Bytes text = payloads.octets;
    append(text, trailer(text.size(), block, payloads.first));
    const auto ciphertext =
        crypto::encrypt(protection.cipher, protection.encryption_key, crypto_header.iv, text);
    if (!ciphertext) return std::unexpected(crypto::to_string(ciphertext.error()));

    wire::Header encrypted_header = header;
    encrypted_header.flags |= wire::kFlagEncryption;
    auto message = wire::build_crypto_frame(encrypted_header, crypto_header, wire::PayloadType::kNone,
                                            ciphertext->size() + protection.icv_octets);
    if (!message) return std::unexpected(message.error().to_string());
    append(*message, *ciphertext);
    append(*message, message_icv(*message, protection));
    return *std::move(message);
}

std::string to_string(OpenError error) {
    switch (error) {
        case OpenError::kLength:
            return "the encrypted part has a length that the negotiated algorithms exclude";
        case OpenError::kIcv:
            return "the integrity check failed";
        case OpenError::kPadding:
            break;
    }
    return "the padding is malformed";
}

std::expected<PayloadSequence, OpenError> open(ByteView datagram, const wire::CryptoFrame& frame,
                                               const MessageProtection& protection) {
    const std::size_t block = crypto::block_size(protection.cipher);
    if (frame.iv.size() != block || frame.rest.size() < protection.icv_octets + block) {
        return std::unexpected(OpenError::kLength);
    }
    const std::size_t ciphertext_octets = frame.rest.size() - protection.icv_octets;
    const Bytes icv = message_icv(datagram.first(datagram.size() - protection.icv_octets), protection);
    if (!equal_constant_time(icv, frame.rest.last(protection.icv_octets)))
        return std::unexpected(OpenError::kIcv);

    auto text = crypto::decrypt(protection.cipher, protection.encryption_key, frame.iv,
                                frame.rest.first(ciphertext_octets));
    if (!text) return std::unexpected(OpenError::kLength);
    const auto end = size_without_trailer(*text);
    if (!end) return std::unexpected(end.error());
    const auto first = static_cast<wire::PayloadType>(text->back());
    text->resize(*end);
    return PayloadSequence{first, *std::move(text)};
}

std::expected<Bytes, std::string> seal_keys(const Secret& keys, const MessageProtection& protection,
                                            crypto::RandomSource& random) {
    const std::size_t block = crypto::block_size(protection.cipher);
    Bytes sealed(block);
    random.fill(sealed);
    const Bytes end = trailer(keys.size(), block, wire::PayloadType::kNone);
    Secret text(keys.size() + end.size());
    std::ranges::copy(keys.view(), text.writable().begin());
    std::ranges::copy(end, text.writable().begin() + static_cast<std::ptrdiff_t>(keys.size()));
    const auto ciphertext =
        crypto::encrypt(protection.cipher, protection.encryption_key, sealed, text.view());
    if (!ciphertext) return std::unexpected(crypto::to_string(ciphertext.error()));
    append(sealed, *ciphertext);
    append(sealed, keys_icv(*ciphertext, protection));
    return sealed;
}

std::expected<Secret, OpenError> open_keys(ByteView sealed, const MessageProtection& protection) {
    const std::size_t block = crypto::block_size(protection.cipher);
    if (sealed.size() < block + block + protection.icv_octets) return std::unexpected(OpenError::kLength);
    const ByteView iv = sealed.first(block);
    const ByteView icv = sealed.last(protection.icv_octets);
    const ByteView ciphertext = sealed.subspan(block, sealed.size() - block - protection.icv_octets);
    if (!equal_constant_time(keys_icv(ciphertext, protection), icv)) return std::unexpected(OpenError::kIcv);
    auto text = crypto::decrypt(protection.cipher, protection.encryption_key, iv, ciphertext);
    if (!text) return std::unexpected(OpenError::kLength);
    const Secret keys = Secret::copy_of(*text);
    OPENSSL_cleanse(text->data(), text->size());
    const auto end = size_without_trailer(keys.view());
    if (!end) return std::unexpected(end.error());
    return keys.slice(0, *end);
}

}  // namespace keyline::authip
