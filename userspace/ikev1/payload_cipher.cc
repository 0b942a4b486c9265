#include "ikev1/payload_cipher.h"

namespace keyline::ikev1 {

PayloadCipher::PayloadCipher(const KeyContext& context, ByteView nonce, const wire::Cookie& cookie)
    : cipher_(context.cipher),
      key_(payload_key(context, nonce, cookie)),
      iv_(crypto::block_size(context.cipher)) {}

// Zeros, then their number: there is always padding.
Bytes PayloadCipher::seal(ByteView body) {
    const std::size_t block = iv_.size();
    Bytes padded(body.begin(), body.end());
    const std::size_t zeros = block - 1 - body.size() % block;
    padded.resize(body.size() + zeros);
    padded.push_back(static_cast<std::uint8_t>(zeros));
    Bytes sealed = crypto::encrypt(cipher_, key_.view(), iv_, padded).value_or(Bytes{});
    if (sealed.size() >= block) iv_.assign(sealed.end() - static_cast<std::ptrdiff_t>(block), sealed.end());
    return sealed;
}

std::optional<Bytes> PayloadCipher::open(ByteView sealed) {
    const std::size_t block = iv_.size();
    auto body = crypto::decrypt(cipher_, key_.view(), iv_, sealed);
    if (!body || body->empty() || body->back() >= block) return std::nullopt;
    body->resize(body->size() - 1U - body->back());
    iv_.assign(sealed.end() - static_cast<std::ptrdiff_t>(block), sealed.end());
    return std::move(*body);
}

}  // namespace keyline::ikev1
