#include "fastpath/crypto_engine.h"

#include "fastpath/ipsec_mb_engine.h"
#include "fastpath/openssl_engine.h"

namespace keyline::fastpath {

std::expected<std::unique_ptr<CryptoEngine>, std::string> make_engine(kl_crypto_engine wanted) {
    if (wanted == KL_CRYPTO_OPENSSL) return make_openssl_engine();
    auto engine = make_ipsec_mb_engine();
    if (!engine && wanted == KL_CRYPTO_NONE) return make_openssl_engine();
    return engine;
}

}  // namespace keyline::fastpath
