#include "auth/x509_credentials.h"

#include <openssl/err.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "auth/certificate_check.h"
#include "auth/certificate_name.h"
#include "auth/public_key.h"

namespace keyline::auth {
namespace {

using x509::X509Ptr;

constexpr const char* kTable = "auth.x509";

template <auto kEncode, typename Object>
Bytes to_der(const Object* object) {
    unsigned char* der = nullptr;
    const int size = kEncode(object, &der);
    if (size <= 0) return {};
    Bytes octets(der, der + size);
    OPENSSL_free(der);
    return octets;
}
constexpr auto certificate_der = to_der<i2d_X509, X509>;
constexpr auto subject_der = to_der<i2d_X509_NAME, X509_NAME>;

// Null for octets that are no certificate, or more than one.
X509Ptr parse(ByteView der) {
    const unsigned char* at = der.data();
    X509Ptr certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
    ERR_clear_error();
    return at == der.data() + der.size() ? std::move(certificate) : nullptr;
}

X509Ptr share(const X509Ptr& certificate) {
    X509_up_ref(certificate.get());
    return X509Ptr(certificate.get());
}

Failure no_certificate(const std::string& name) {
    return {SecStatus::kNoCredentials,
            "the peer shows no certificate, and none of auth.x509.peer_certificates is that of " + name +
                ": add it there, or have the peer send its certificate"};
}

bool is_one_of(std::span<const Bytes> certificates, const OwnCertificate& own) {
    return std::ranges::find(certificates, own.der()) != certificates.end();
}

}  // namespace

OwnCertificate::OwnCertificate(x509::KeyedCertificate certificate, KeyKind kind)
    : certificate_(std::move(certificate)), kind_(kind), der_(certificate_der(certificate_.leaf.get())) {
    for (int i = 0; i < sk_X509_num(certificate_.chain.get()); ++i)
        chain_.push_back(certificate_der(sk_X509_value(certificate_.chain.get(), i)));
}

std::expected<OwnCertificate, std::string> OwnCertificate::read(const policy::X509Certificate& settings) {
    constexpr const char* kKey = "auth.x509.certificate.file";
    auto keyed = x509::read_keyed_certificate(kTable, settings.file, settings.key);
    if (!keyed) return std::unexpected(std::move(keyed.error()));
    const auto kind = x509::kind_of(keyed->key.get());
    if (!kind) {
        return x509::unread(kKey, settings.file,
                            "its key is of a kind that IKEv1 has no method for: use RSA, or ECDSA on P-256, "
                            "P-384 or P-521");
    }
    OwnCertificate own(std::move(*keyed), *kind);
    const X509* const leaf = own.certificate_.leaf.get();
    if (settings.id == policy::X509Id::kSubject) {
        const X509_NAME* const subject = X509_get_subject_name(leaf);
        if (X509_NAME_entry_count(subject) == 0)
            return x509::unread(kKey, settings.file, R"(has no subject: set id = "dns-name")");
        own.id_ = {IkeIdType::kDerAsn1Dn, subject_der(subject)};
    } else if (settings.id == policy::X509Id::kDnsName) {
        const std::string name = x509::certificate_name(leaf);
        if (name.empty()) return x509::unread(kKey, settings.file, R"(names no host: set id = "subject")");
        own.id_ = {IkeIdType::kFqdn, {name.begin(), name.end()}};
    }
    return own;
}

bool OwnCertificate::is_issued_by(const STACK_OF(X509_NAME) * authorities) const {
    return x509::is_issued_by(certificate_, authorities);
}

Bytes OwnCertificate::sign(ByteView hash) const { return x509::sign(certificate_.key.get(), hash); }

std::optional<Secret> OwnCertificate::decrypt(ByteView ciphertext) const {
    return x509::decrypt(certificate_.key.get(), ciphertext);
}

PeerCertificate::PeerCertificate(X509Ptr certificate, KeyKind kind)
    : certificate_(std::move(certificate)), kind_(kind), der_(certificate_der(certificate_.get())) {}

bool PeerCertificate::verifies(ByteView hash, ByteView signature) const {
    return x509::verifies(X509_get0_pubkey(certificate_.get()), hash, signature);
}

std::optional<Bytes> PeerCertificate::encrypt(ByteView text) const {
    return x509::encrypt(X509_get0_pubkey(certificate_.get()), text);
}

bool PeerCertificate::proves(const IkeId& id) const { return x509::proves(certificate_.get(), id); }

std::expected<std::shared_ptr<const X509Credentials>, std::string> X509Credentials::load(
    const policy::X509Auth& settings) {
    const std::shared_ptr<X509Credentials> credentials(new X509Credentials);
    credentials->send_unasked_ = settings.send_unasked;
    for (const policy::X509Certificate& entry : settings.certificates) {
        auto own = OwnCertificate::read(entry);
        if (!own) return std::unexpected(std::move(own.error()));
        credentials->own_.push_back(*std::move(own));
    }
    credentials->store_.reset(X509_STORE_new());
    const auto authorities =
        x509::read_authorities(kTable, settings.ca, settings.crl, credentials->store_.get());
    if (!authorities) return std::unexpected(authorities.error());
    for (const X509Ptr& authority : *authorities)
        credentials->authorities_.push_back(subject_der(X509_get_subject_name(authority.get())));
    auto peers = x509::read_certificates("auth.x509.peer_certificates", settings.peer_certificates);
    if (!peers) return std::unexpected(std::move(peers.error()));
    credentials->peers_ = std::move(*peers);
    return credentials;
}

const OwnCertificate* X509Credentials::choose(KeyKind kind, std::span<const Bytes> authorities,
                                              std::span<const Bytes> refused) const {
    const x509::X509NameListPtr names(sk_X509_NAME_new_null());
    for (const Bytes& authority : authorities) {
        if (auto name = x509::parse_subject(authority)) sk_X509_NAME_push(names.get(), name.release());
    }
    const auto rank = [&](const OwnCertificate& own) {
        return std::tuple(own.kind() != kind, is_one_of(refused, own), !own.is_issued_by(names.get()));
    };
    const auto chosen = std::ranges::min_element(own_, {}, rank);
    return chosen == own_.end() || chosen->kind() != kind ? nullptr : &*chosen;
}

bool X509Credentials::has(KeyKind kind, std::span<const Bytes> refused) const {
    return std::ranges::any_of(
        own_, [&](const OwnCertificate& own) { return own.kind() == kind && !is_one_of(refused, own); });
}

std::expected<PeerCertificate, Failure> X509Credentials::accept(X509Ptr certificate, STACK_OF(X509) * others,
                                                                KeyUse use) const {
    const EVP_PKEY* const key = X509_get0_pubkey(certificate.get());
    const auto kind = key == nullptr ? std::nullopt : x509::kind_of(key);
    if (!kind) {
        return std::unexpected(Failure{SecStatus::kAlgorithmMismatch,
                                       "the key of the certificate of " +
                                           x509::subject_of(certificate.get()) +
                                           " is of a kind that IKEv1 has no method for: use RSA or ECDSA"});
    }
    if (auto failure = x509::check_certificate(certificate.get(), store_.get(), others, kTable, use))
        return std::unexpected(std::move(*failure));
    return PeerCertificate(std::move(certificate), *kind);
}

std::expected<PeerCertificate, Failure> X509Credentials::check(std::span<const Bytes> sent, const IkeId& id,
                                                               const std::string& wanted, KeyUse use) const {
    const x509::X509ListPtr others(sk_X509_new_null());
    X509Ptr chosen;
    for (const Bytes& der : sent) {
        X509Ptr certificate = parse(der);
        if (!certificate) {
            return std::unexpected(Failure{SecStatus::kCertUnknown,
                                           "the peer's certificate cannot be read: is it X.509, in DER?"});
        }
        // The peer's own comes first by custom; its ID says so.
        const bool own = x509::proves(certificate.get(), id);
        if (!chosen || (own && !x509::proves(chosen.get(), id))) chosen = share(certificate);
        sk_X509_push(others.get(), certificate.release());
    }
    if (!chosen) {
        const auto known =
            std::ranges::find_if(peers_, [&](const X509Ptr& peer) { return x509::proves(peer.get(), id); });
        if (known == peers_.end()) return std::unexpected(no_certificate(to_string(id)));
        chosen = share(*known);
    }
    const std::string subject = x509::subject_of(chosen.get());
    const bool is_named = wanted.empty() || x509::has_name(chosen.get(), wanted);
    auto peer = accept(std::move(chosen), others.get(), use);
    if (!peer) return peer;
    if (!peer->proves(id)) {
        return std::unexpected(Failure{SecStatus::kWrongPrincipal,
                                       "the peer calls itself " + to_string(id) +
                                           ", which is no name of its certificate, " + subject +
                                           ": correct the peer's ID, or give it another certificate"});
    }
    if (!is_named) {
        return std::unexpected(Failure{SecStatus::kWrongPrincipal,
                                       "policy wants " + printable(wanted) +
                                           ", which is no name of the peer's certificate, " + subject +
                                           ": correct x509_name of the [[peer]], or its address"});
    }
    return peer;
}

std::expected<PeerCertificate, Failure> X509Credentials::find(const std::string& wanted) const {
    const auto known = std::ranges::find_if(peers_, [&](const X509Ptr& peer) {
        const EVP_PKEY* const key = X509_get0_pubkey(peer.get());
        return key != nullptr && x509::kind_of(key) == KeyKind::kRsa && x509::has_name(peer.get(), wanted);
    });
    if (known == peers_.end()) return std::unexpected(no_certificate(printable(wanted)));
    return accept(share(*known), nullptr, KeyUse::kEncryption);
}

}  // namespace keyline::auth
