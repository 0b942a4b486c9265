// ESP cryptography by OpenSSL's EVP: contexts are keyed once, and only the IV is set per packet.
#pragma once

#include <memory>

#include "fastpath/crypto_engine.h"

namespace keyline::fastpath {

std::unique_ptr<CryptoEngine> make_openssl_engine();

}  // namespace keyline::fastpath
