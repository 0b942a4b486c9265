// ESP cryptography by intel-ipsec-mb: several packets share the vector units of the CPU, whichever SAs they
// belong to.
#pragma once

#include <memory>

#include "fastpath/crypto_engine.h"

namespace keyline::fastpath {

// An error when the CPU lacks what the library needs, or the library was not there at build time.
std::expected<std::unique_ptr<CryptoEngine>, std::string> make_ipsec_mb_engine();

}  // namespace keyline::fastpath
