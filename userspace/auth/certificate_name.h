// The names that a certificate proves. Private to auth/.
#pragma once

#include <openssl/x509.h>

#include <string>

#include "auth/ike_id.h"
#include "auth/x509_objects.h"

namespace keyline::auth::x509 {

// The host's, for people and for AuthIP's TLS: its first subjectAltName of type DNS; without any, its
// subject's common name (RFC 6125 6.4.4). Empty when there is none that consists of letters, digits, '.', '-'
// and '_', or it is longer than 253.
std::string certificate_name(const X509* certificate);

// A user's: the first subjectAltName that is a user principal name, as Windows domains issue them (OID
// 1.3.6.1.4.1.311.20.2.3), else the first that is a mail address, else the subject's common name. Empty when
// that has control characters or is longer than 253 octets.
std::string user_name(const X509* certificate);

// The subject as people write it ("CN=b.example.com,O=Example"), printable.
std::string subject_of(const X509* certificate);
std::string issuer_of(const X509* certificate);

// A name in DER; null for octets that are none, or more.
X509NamePtr parse_subject(ByteView der);
std::string print(const X509_NAME* name);

// Whether the ID is a name of the certificate (RFC 4945 3.1): its whole subject, or a subjectAltName.
bool proves(const X509* certificate, const IkeId& id);
// The same for a name as an administrator writes it: an address, "user@host", a subject with '=', or a host
// name.
bool has_name(const X509* certificate, const std::string& name);

}  // namespace keyline::auth::x509
