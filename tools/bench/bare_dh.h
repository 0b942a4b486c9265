// A Diffie-Hellman exchange by OpenSSL's own interface (EVP_PKEY), with nothing around it: the yardstick of
// negotiations.
#pragma once

#include <openssl/evp.h>

#include <memory>

#include "policy/main_mode.h"

namespace keyline::bench {

class BareDh {
  public:
    // kEcp256 or kModp2048. The private values of the latter are as long as Keyline's, 320 bits (RFC 3526
    // section 8).
    explicit BareDh(policy::DhGroup group);

    // What one negotiation costs both peers together: two key generations and two computations of the secret.
    void exchange() const;

  private:
    struct Free {
        void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
    };
    std::unique_ptr<EVP_PKEY_CTX, Free> generator_;
};

}  // namespace keyline::bench
