// What revised public key encryption hides the payloads of messages 3 and 4 with (RFC 2409 5.3): one key for
// each sender, and each payload's IV is the last block of the one before it.
#pragma once

#include <optional>

#include "ikev1/keys.h"

namespace keyline::ikev1 {

class PayloadCipher {
  public:
    // `nonce` and `cookie` are the sender's.
    PayloadCipher(const KeyContext& context, ByteView nonce, const wire::Cookie& cookie);

    // Bodies in the order of the message.
    Bytes seal(ByteView body);
    // nullopt when it is no whole number of blocks, or padded otherwise.
    std::optional<Bytes> open(ByteView sealed);

  private:
    crypto::CipherAlgorithm cipher_;
    Secret key_;
    Bytes iv_;
};

}  // namespace keyline::ikev1
