#include "base/secret.h"

#include <openssl/crypto.h>

#include <utility>

namespace keyline {

Secret Secret::copy_of(ByteView octets) {
    Secret secret;
    secret.octets_.assign(octets.begin(), octets.end());
    return secret;
}

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this != &other) {
        wipe();
        octets_ = std::exchange(other.octets_, {});
    }
    return *this;
}

Secret Secret::slice(std::size_t offset, std::size_t length) const {
    return copy_of(ByteView(octets_).subspan(offset, length));
}

bool Secret::operator==(const Secret& other) const { return equal_constant_time(octets_, other.octets_); }

void Secret::wipe() noexcept {
    if (!octets_.empty()) OPENSSL_cleanse(octets_.data(), octets_.size());
    octets_.clear();
}

bool equal_constant_time(ByteView left, ByteView right) {
    return left.size() == right.size() &&
           (left.empty() || CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0);
}

}  // namespace keyline
