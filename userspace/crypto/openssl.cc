#include "crypto/openssl.h"

#include <openssl/err.h>

#include <array>
#include <cstdio>
#include <cstdlib>

namespace keyline::crypto::openssl {

void require(bool succeeded, const char* what) {
    if (succeeded) return;
    std::array<char, 256> reason{};
    ERR_error_string_n(ERR_get_error(), reason.data(), reason.size());
    std::fprintf(stderr,
                 "keyline: OpenSSL failed in %s (%s): check the memory limit and the OpenSSL installation\n",
                 what, reason.data());
    std::abort();
}

}  // namespace keyline::crypto::openssl
