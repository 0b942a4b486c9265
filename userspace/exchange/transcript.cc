#include "exchange/transcript.h"

namespace keyline::exchange {

Transcript Transcript::main_mode() { return {crypto::HashAlgorithm::kSha256, 2}; }

Transcript Transcript::extended_mode(crypto::HashAlgorithm hash) { return {hash, 0}; }

void Transcript::add(ByteView message) {
    const auto hash = messages_ < sha256_messages_ ? crypto::HashAlgorithm::kSha256 : hash_;
    value_ = crypto::hash(hash, {message, value_});
    ++messages_;
}

}  // namespace keyline::exchange
