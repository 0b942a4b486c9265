// What IKEv1 authenticates with and by: [auth.x509] of the configuration, loaded.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "auth/certificate_files.h"
#include "auth/failure.h"
#include "auth/ike_id.h"
#include "auth/key_kind.h"
#include "base/secret.h"
#include "policy/policy.h"

namespace keyline::auth {

// One of this host's certificates.
class OwnCertificate {
  public:
    // The error, one line, names the file and the remedy.
    static std::expected<OwnCertificate, std::string> read(const policy::X509Certificate& settings);

    KeyKind kind() const { return kind_; }
    // In DER: the certificate, and those between it and its CA.
    const Bytes& der() const { return der_; }
    const std::vector<Bytes>& chain() const { return chain_; }
    // What this host calls itself at `local`.
    IkeId id(const IpAddress& local) const { return id_ ? *id_ : IkeId::of(local); }
    bool is_issued_by(const STACK_OF(X509_NAME) * authorities) const;

    // HASH_I or HASH_R (auth/public_key.h).
    Bytes sign(ByteView hash) const;
    // nullopt when the padding is wrong. Who asked must not learn so (RFC 3218 2.3).
    std::optional<Secret> decrypt(ByteView ciphertext) const;

  private:
    OwnCertificate(x509::KeyedCertificate certificate, KeyKind kind);

    x509::KeyedCertificate certificate_;
    KeyKind kind_;
    Bytes der_;
    std::vector<Bytes> chain_;
    std::optional<IkeId> id_;  // none: its address
};

// A peer's certificate that is found good, and proves the ID that it was looked up by.
class PeerCertificate {
  public:
    PeerCertificate(x509::X509Ptr certificate, KeyKind kind);

    KeyKind kind() const { return kind_; }
    const Bytes& der() const { return der_; }
    bool verifies(ByteView hash, ByteView signature) const;
    // nullopt for a text that is too long for the key.
    std::optional<Bytes> encrypt(ByteView text) const;
    bool proves(const IkeId& id) const;

  private:
    x509::X509Ptr certificate_;
    KeyKind kind_;
    Bytes der_;
};

// What a certificate's key shall be used for, which the certificate may restrict.
enum class KeyUse : std::uint8_t { kSignature, kEncryption };

// Immutable, so thread-safe.
class X509Credentials {
  public:
    // Reads all files. The error, one line, names the file and the remedy.
    static std::expected<std::shared_ptr<const X509Credentials>, std::string> load(
        const policy::X509Auth& settings);

    bool send_unasked() const { return send_unasked_; }
    const std::vector<OwnCertificate>& own() const { return own_; }
    // The CAs that peers' certificates may come from: their subjects, in DER, for certificate requests.
    const std::vector<Bytes>& authorities() const { return authorities_; }

    // This host's first certificate with a key of the kind; one that is issued by one of these authorities,
    // subjects in DER, goes before others, and one of the `refused`, DER, after all. nullptr when there is
    // none.
    const OwnCertificate* choose(KeyKind kind, std::span<const Bytes> authorities,
                                 std::span<const Bytes> refused = {}) const;
    // Whether there is one with a key of the kind beside the `refused`.
    bool has(KeyKind kind, std::span<const Bytes> refused) const;

    // The peer's certificate among those it has sent, DER, or among auth.x509.peer_certificates: the one that
    // has this ID for a name. It is checked, and it has to have the name `wanted` too unless that is empty.
    std::expected<PeerCertificate, Failure> check(std::span<const Bytes> sent, const IkeId& id,
                                                  const std::string& wanted, KeyUse use) const;
    // The first RSA certificate of auth.x509.peer_certificates with the name `wanted`, likewise checked.
    std::expected<PeerCertificate, Failure> find(const std::string& wanted) const;

  private:
    X509Credentials() = default;
    std::expected<PeerCertificate, Failure> accept(x509::X509Ptr certificate, STACK_OF(X509) * others,
                                                   KeyUse use) const;

    bool send_unasked_ = true;
    std::vector<OwnCertificate> own_;
    x509::StorePtr store_;
    std::vector<Bytes> authorities_;
    std::vector<x509::X509Ptr> peers_;
};

}  // namespace keyline::auth
