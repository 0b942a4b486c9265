// The running hash over a negotiation's messages that its authentication proofs cover (MS-AIPS 3.1.7.4;
// interpretation items 1, 2, 22, 23 and F7).
#pragma once

#include <cstddef>

#include "base/bytes.h"
#include "crypto/hash.h"

namespace keyline::exchange {

// T1 = H1(#1), Tn = Hn(#n | Tn-1). Every Hn is the negotiated hash, except that SHA-256 takes the first two
// messages of main mode, where nothing has been negotiated yet. The caller adds each distinct message once,
// in order.
class Transcript {
  public:
    // SHA-256 until the second message, then what `negotiated` was told.
    static Transcript main_mode();
    static Transcript extended_mode(crypto::HashAlgorithm hash);

    // The hash of main mode's third and later messages; called before the third is added.
    void negotiated(crypto::HashAlgorithm hash) { hash_ = hash; }

    // `message` is #n: the plaintext payloads after the Crypto payload (interpretation item 1).
    void add(ByteView message);

    // Tn; empty before the first message.
    const Bytes& value() const { return value_; }
    std::size_t messages() const { return messages_; }

  private:
    Transcript(crypto::HashAlgorithm hash, std::size_t sha256_messages)
        : hash_(hash), sha256_messages_(sha256_messages) {}

    crypto::HashAlgorithm hash_;
    std::size_t sha256_messages_;
    std::size_t messages_ = 0;
    Bytes value_;
};

}  // namespace keyline::exchange
