// The name that a certificate proves: its first subjectAltName of type DNS; without any, its subject's common
// name (RFC 6125 6.4.4). Private to auth/.
#pragma once

#include <openssl/x509.h>

#include <string>

namespace keyline::auth::tls {

// Empty when there is none that consists of letters, digits, '.', '-' and '_', or it is longer than 253.
std::string certificate_name(const X509* certificate);

// The subject as people write it ("CN=b.example.com,O=Example"), printable.
std::string subject_of(const X509* certificate);
std::string issuer_of(const X509* certificate);

}  // namespace keyline::auth::tls
