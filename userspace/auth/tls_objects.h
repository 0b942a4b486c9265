// Ownership of OpenSSL's TLS objects. Private to auth/.
#pragma once

#include <openssl/ssl.h>

#include <memory>

#include "auth/x509_objects.h"

namespace keyline::auth::tls {

using SslContextPtr = std::unique_ptr<SSL_CTX, crypto::openssl::Deleter<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, crypto::openssl::Deleter<SSL_free>>;

}  // namespace keyline::auth::tls
