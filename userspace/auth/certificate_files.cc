#include "auth/certificate_files.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "auth/failure.h"

namespace keyline::auth::x509 {
namespace {

std::expected<BioPtr, std::string> open(const std::string& key, const std::string& file) {
    ERR_clear_error();
    errno = 0;
    BioPtr bio(BIO_new_file(file.c_str(), "r"));
    if (bio) return bio;
    return unread(key, file, std::string(std::strerror(errno)) + ": create the file, or correct its path");
}

// No terminal is asked for a passphrase.
int no_passphrase(char*, int, int, void*) { return -1; }

// Every object of one kind in a PEM file, at least one.
template <typename Pointer, auto kRead>
std::expected<std::vector<Pointer>, std::string> read_all(const std::string& key, const std::string& file,
                                                          const std::string& kind) {
    const auto bio = open(key, file);
    if (!bio) return std::unexpected(bio.error());
    std::vector<Pointer> objects;
    while (Pointer object{kRead(bio->get(), nullptr, no_passphrase, nullptr)})
        objects.push_back(std::move(object));
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE || objects.empty())
        return unread(key, file, "holds no " + kind + " in PEM form, or a damaged one");
    ERR_clear_error();
    return objects;
}

constexpr auto read_chain = read_all<X509Ptr, PEM_read_bio_X509>;
constexpr auto read_crls = read_all<CrlPtr, PEM_read_bio_X509_CRL>;

}  // namespace

std::unexpected<std::string> unread(const std::string& key, const std::string& file, const std::string& why) {
    return std::unexpected(key + " " + printable(file) + ": " + why);
}

std::expected<KeyedCertificate, std::string> read_keyed_certificate(const std::string& table,
                                                                    const std::string& file,
                                                                    const std::string& key) {
    auto chain = read_chain(table + ".certificate.file", file, "certificate");
    if (!chain) return std::unexpected(std::move(chain.error()));
    KeyedCertificate certificate{
        .leaf = std::move(chain->front()), .key = {}, .chain = X509ListPtr(sk_X509_new_null())};
    for (std::size_t i = 1; i < chain->size(); ++i)
        sk_X509_push(certificate.chain.get(), (*chain)[i].release());

    const std::string key_key = table + ".certificate.key";
    const auto bio = open(key_key, key);
    if (!bio) return std::unexpected(bio.error());
    certificate.key.reset(PEM_read_bio_PrivateKey(bio->get(), nullptr, no_passphrase, nullptr));
    if (!certificate.key)
        return unread(key_key, key, "holds no private key in PEM form without a passphrase");
    if (X509_check_private_key(certificate.leaf.get(), certificate.key.get()) != 1)
        return unread(key_key, key, "is not the key of the certificate " + printable(file));
    return certificate;
}

std::expected<std::vector<X509Ptr>, std::string> read_certificates(const std::string& key,
                                                                   const std::vector<std::string>& files) {
    std::vector<X509Ptr> all;
    for (const std::string& file : files) {
        auto certificates = read_chain(key, file, "certificate");
        if (!certificates) return std::unexpected(std::move(certificates.error()));
        for (X509Ptr& certificate : *certificates)
            all.push_back(std::move(certificate));
    }
    return all;
}

std::expected<std::vector<X509Ptr>, std::string> read_authorities(const std::string& table,
                                                                  const std::vector<std::string>& ca,
                                                                  const std::vector<std::string>& crl,
                                                                  X509_STORE* store) {
    auto authorities = read_certificates(table + ".ca", ca);
    if (!authorities) return authorities;
    for (const X509Ptr& authority : *authorities)
        X509_STORE_add_cert(store, authority.get());
    for (const std::string& file : crl) {
        const auto crls = read_crls(table + ".crl", file, "CRL");
        if (!crls) return std::unexpected(crls.error());
        for (const CrlPtr& list : *crls)
            X509_STORE_add_crl(store, list.get());
    }
    if (!crl.empty()) X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    return authorities;
}

bool is_issued_by(const KeyedCertificate& certificate, const STACK_OF(X509_NAME) * authorities) {
    if (sk_X509_NAME_num(authorities) <= 0) return true;
    const auto listed = [&](const X509* issued) {
        for (int i = 0; i < sk_X509_NAME_num(authorities); ++i) {
            if (X509_NAME_cmp(X509_get_issuer_name(issued), sk_X509_NAME_value(authorities, i)) == 0)
                return true;
        }
        return false;
    };
    if (listed(certificate.leaf.get())) return true;
    for (int i = 0; i < sk_X509_num(certificate.chain.get()); ++i) {
        if (listed(sk_X509_value(certificate.chain.get(), i))) return true;
    }
    return false;
}

}  // namespace keyline::auth::x509
