// Ownership of OpenSSL's X.509 objects. Private to auth/.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <memory>

#include "crypto/openssl.h"

namespace keyline::auth::x509 {

using crypto::openssl::Deleter;

inline void free_bio(BIO* bio) { BIO_free(bio); }
inline void free_certificates(STACK_OF(X509) * list) { sk_X509_pop_free(list, X509_free); }
inline void free_subjects(STACK_OF(X509_NAME) * list) { sk_X509_NAME_pop_free(list, X509_NAME_free); }
inline void free_names(GENERAL_NAMES* names) { GENERAL_NAMES_free(names); }

using BioPtr = std::unique_ptr<BIO, Deleter<free_bio>>;
using X509Ptr = std::unique_ptr<X509, Deleter<X509_free>>;
using CrlPtr = std::unique_ptr<X509_CRL, Deleter<X509_CRL_free>>;
using PKeyPtr = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using PKeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, Deleter<EVP_PKEY_CTX_free>>;
using StorePtr = std::unique_ptr<X509_STORE, Deleter<X509_STORE_free>>;
using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, Deleter<X509_STORE_CTX_free>>;
using X509NamePtr = std::unique_ptr<X509_NAME, Deleter<X509_NAME_free>>;
using X509ListPtr = std::unique_ptr<STACK_OF(X509), Deleter<free_certificates>>;
using X509NameListPtr = std::unique_ptr<STACK_OF(X509_NAME), Deleter<free_subjects>>;
using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, Deleter<free_names>>;

}  // namespace keyline::auth::x509
