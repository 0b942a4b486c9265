// Certificates, keys and CRLs from PEM files, for every method that authenticates by certificates. Each error
// is one line that names the key of the configuration, the file and the remedy. Private to auth/.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "auth/x509_objects.h"

namespace keyline::auth::x509 {

// One of this host's certificates with its private key and the chain that is shown with it.
struct KeyedCertificate {
    X509Ptr leaf;
    PKeyPtr key;
    X509ListPtr chain;
};

// `table` is where the configuration names them: "auth.tls" for auth.tls.certificate.file.
std::expected<KeyedCertificate, std::string> read_keyed_certificate(const std::string& table,
                                                                    const std::string& file,
                                                                    const std::string& key);

// Every certificate of the files that `key` ("auth.x509.peer_certificates") names.
std::expected<std::vector<X509Ptr>, std::string> read_certificates(const std::string& key,
                                                                   const std::vector<std::string>& files);

// What peers' certificates are checked against: table.ca and table.crl; where there are CRLs, every
// certificate of a chain needs a current one. Returns the CAs' certificates.
std::expected<std::vector<X509Ptr>, std::string> read_authorities(const std::string& table,
                                                                  const std::vector<std::string>& ca,
                                                                  const std::vector<std::string>& crl,
                                                                  X509_STORE* store);

// Whether the certificate, or one of its chain, is issued by one of these; true when the list is empty: any
// issuer will do (RFC 5246 7.4.4, RFC 2408 3.10).
bool is_issued_by(const KeyedCertificate& certificate, const STACK_OF(X509_NAME) * authorities);

// A line about one file: "auth.tls.ca /etc/ca.pem: why".
std::unexpected<std::string> unread(const std::string& key, const std::string& file, const std::string& why);

}  // namespace keyline::auth::x509
