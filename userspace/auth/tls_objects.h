// Ownership of OpenSSL's TLS and X.509 objects. Private to auth/.
#pragma once

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>

#include "crypto/openssl.h"

namespace keyline::auth::tls {

using crypto::openssl::Deleter;

inline void free_bio(BIO* bio) { BIO_free(bio); }
inline void free_certificates(STACK_OF(X509) * list) { sk_X509_pop_free(list, X509_free); }
inline void free_names(GENERAL_NAMES* names) { GENERAL_NAMES_free(names); }

using SslContextPtr = std::unique_ptr<SSL_CTX, Deleter<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, Deleter<SSL_free>>;
using BioPtr = std::unique_ptr<BIO, Deleter<free_bio>>;
using X509Ptr = std::unique_ptr<X509, Deleter<X509_free>>;
using CrlPtr = std::unique_ptr<X509_CRL, Deleter<X509_CRL_free>>;
using PKeyPtr = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using X509ListPtr = std::unique_ptr<STACK_OF(X509), Deleter<free_certificates>>;
using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, Deleter<free_names>>;

}  // namespace keyline::auth::tls
