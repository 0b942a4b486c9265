// Stands in for ipsec_mb_engine.cc where the library was not found at build time.
#include "fastpath/ipsec_mb_engine.h"

namespace keyline::fastpath {

std::expected<std::unique_ptr<CryptoEngine>, std::string> make_ipsec_mb_engine() {
    return std::unexpected(
        "this build has no intel-ipsec-mb; use --engine openssl, or build where libipsec-mb-dev is");
}

}  // namespace keyline::fastpath
