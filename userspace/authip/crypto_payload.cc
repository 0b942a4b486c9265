#include "authip/crypto_payload.h"

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

// Payloads, padding 1, 2, 3, ... to the block, Pad_Length, Next_Payload.
Bytes padded(const PayloadSequence& payloads, std::size_t block) {
    Bytes text = payloads.octets;
    const std::size_t padding = (block - (text.size() + kTrailerSize) % block) % block;
    for (std::size_t octet = 1; octet <= padding; ++octet)
        text.push_back(static_cast<std::uint8_t>(octet));
    text.push_back(static_cast<std::uint8_t>(padding));
    text.push_back(std::to_underlying(payloads.first));
    return text;
}

std::expected<PayloadSequence, OpenError> without_padding(Bytes text) {
    const auto first = static_cast<wire::PayloadType>(text[text.size() - 1]);
    const std::size_t padding = text[text.size() - 2];
    if (padding + kTrailerSize > text.size()) return std::unexpected(OpenError::kPadding);
    const std::size_t end = text.size() - kTrailerSize - padding;
    for (std::size_t octet = 1; octet <= padding; ++octet) {
        if (text[end + octet - 1] != octet) return std::unexpected(OpenError::kPadding);
    }
    text.resize(end);
    return PayloadSequence{first, std::move(text)};
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
            break;
    }
    return 24;
}

std::expected<Bytes, std::string> seal(const wire::Header& header, std::uint32_t sequence,
                                       const PayloadSequence& payloads, const MessageProtection& protection,
                                       crypto::RandomSource& random) {
    const std::size_t block = crypto::block_size(protection.cipher);
    wire::CryptoHeader crypto_header{.sequence = sequence, .iv = Bytes(block)};
    random.fill(crypto_header.iv);

    const auto ciphertext = crypto::encrypt(protection.cipher, protection.encryption_key, crypto_header.iv,
                                            padded(payloads, block));
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
    return without_padding(*std::move(text));
}

}  // namespace keyline::authip
