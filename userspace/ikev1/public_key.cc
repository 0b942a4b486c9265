#include "ikev1/public_key.h"

#include <algorithm>
#include <utility>

#include "ikev1/proof.h"

namespace keyline::ikev1 {
namespace {

using wire::PayloadType;

constexpr std::size_t kIdHeader = 4;  // type, protocol and port

std::optional<auth::IkeId> parse_id(ByteView body) {
    if (body.size() < kIdHeader) return std::nullopt;
    return auth::IkeId{static_cast<auth::IkeIdType>(body[0]), {body.begin() + kIdHeader, body.end()}};
}

}  // namespace

PublicKey::PublicKey(std::shared_ptr<const auth::X509Credentials> credentials, std::span<const Bytes> refused)
    : credentials_(std::move(credentials)), own_(credentials_->choose(auth::KeyKind::kRsa, {}, refused)) {}

Bytes PublicKey::own_id(const Session& session) const {
    return body_of(to_payload(own_->id(session.name.local.address)));
}

std::optional<Failure> PublicKey::choose_peer(const Session& session) {
    const std::string& wanted = session.pad.x509_name;
    auto peer = credentials_->find(wanted.empty() ? session.name.remote.address.to_string() : wanted);
    if (!peer) return certificate_failure(peer.error());
    peer_ = *std::move(peer);
    return std::nullopt;
}

std::optional<Failure> PublicKey::choose_own(const Session& session, const Incoming& message) {
    const auto* hash = wire::find<wire::Hash>(message.payloads);
    if (hash == nullptr) return std::nullopt;
    const auto named = std::ranges::find_if(credentials_->own(), [&](const auth::OwnCertificate& own) {
        return own.kind() == auth::KeyKind::kRsa &&
               crypto::hash(session.key_context().hash, {own.der()}) == hash->data;
    });
    if (named == credentials_->own().end()) {
        return certificate_failure(
            {auth::SecStatus::kNoCredentials,
             "the peer encrypts for a certificate that this host does not have: give the peer one of "
             "[[auth.x509.certificate]]"});
    }
    own_ = &*named;
    return std::nullopt;
}

void PublicKey::name_certificate(const Session& session, Payloads& payloads) const {
    if (session.initiator())
        payloads.push_back({wire::Hash{crypto::hash(session.key_context().hash, {peer_->der()})}});
}

std::expected<Bytes, Failure> PublicKey::encrypt(ByteView body) const {
    auto ciphertext = peer_->encrypt(body);
    if (ciphertext) return std::move(*ciphertext);
    return std::unexpected(certificate_failure(
        {auth::SecStatus::kAlgorithmMismatch,
         "this host's ID is too long for the peer's key: set auth.x509.certificate.id = \"dns-name\", or use "
         "\"revised-public-key\""}));
}

Bytes PublicKey::open_nonce(const Incoming& message, exchange::Host& host) const {
    const auto nonce = decrypt(wire::find<wire::Nonce>(message.payloads)->data);
    if (nonce) {
        wire::Nonce opened{{nonce->view().begin(), nonce->view().end()}};
        if (exchange::nonce_acceptable(opened)) return std::move(opened.data);
    }
    return random_nonce(host.random());
}

std::optional<Failure> PublicKey::take_id(const Session& session, const std::optional<Bytes>& body,
                                          std::span<const Bytes> sent) {
    const auto id = body ? parse_id(*body) : std::nullopt;
    if (!id) {
        return certificate_failure({auth::SecStatus::kNoCredentials,
                                    "the peer's ID cannot be decrypted: it is not encrypted for this host"});
    }
    if (!session.initiator()) {
        auto peer = credentials_->check(sent, *id, session.pad.x509_name, auth::KeyUse::kEncryption);
        if (!peer) return certificate_failure(peer.error());
        peer_ = *std::move(peer);
    } else if (!peer_->proves(*id)) {
        return certificate_failure(
            {auth::SecStatus::kWrongPrincipal, "the peer calls itself " + auth::to_string(*id) +
                                                   ", which is no name of its certificate in "
                                                   "auth.x509.peer_certificates"});
    }
    peer_id_ = *body;
    return std::nullopt;
}

std::expected<Payloads, Failure> PublicKey::key_exchange(Session& session, exchange::Host&) {
    if (session.initiator()) {
        if (auto failure = choose_peer(session)) return std::unexpected(std::move(*failure));
    }
    Payloads payloads{{wire::KeyExchange{session.dh->public_value()}}};
    name_certificate(session, payloads);
    auto id = encrypt(own_id(session));
    if (!id) return std::unexpected(std::move(id.error()));
    auto nonce = encrypt(own_nonce(session));
    if (!nonce) return std::unexpected(std::move(nonce.error()));
    payloads.push_back(payload_of(PayloadType::kIdentification, std::move(*id)));
    payloads.push_back({wire::Nonce{std::move(*nonce)}});
    return payloads;
}

std::optional<Failure> PublicKey::take_key_exchange(Session& session, exchange::Host& host,
                                                    const Incoming& message) {
    if (auto wrong = exchange::check_payloads(message.payloads,
                                              {{PayloadType::kKeyExchange},
                                               {PayloadType::kHash, 0, session.initiator() ? 0U : 1U},
                                               {PayloadType::kIdentification},
                                               {PayloadType::kNonce},
                                               {PayloadType::kNatDiscovery, 0, 16},
                                               {PayloadType::kNatDiscoveryDraft, 0, 16},
                                               {PayloadType::kNotification, 0, 4}})) {
        return malformed(std::move(*wrong));
    }
    if (auto failure = choose_own(session, message)) return failure;
    session.peer_public_value = wire::find<wire::KeyExchange>(message.payloads)->public_value;
    peer_nonce(session) = open_nonce(message, host);
    const auto id = decrypt(body_of(*wire::find<wire::Identification>(message.payloads)));
    return take_id(session, id ? std::optional(Bytes(id->view().begin(), id->view().end())) : std::nullopt,
                   {});
}

std::expected<Secret, Failure> PublicKey::skeyid(const Session& session, const exchange::Host&,
                                                 const Secret&) {
    return public_key_skeyid(session.key_context(), session.initiator_nonce, session.responder_nonce);
}

std::expected<Payloads, Failure> PublicKey::proof(const Session& session) {
    return Payloads{{wire::Hash{proof_hash(session, Side::kOwn, own_id(session))}}};
}

std::expected<std::string, Failure> PublicKey::take_proof(const Session& session, const Incoming& message) {
    if (auto wrong = exchange::check_payloads(message.payloads,
                                              {{PayloadType::kHash}, {PayloadType::kNotification, 0, 4}})) {
        return std::unexpected(malformed(std::move(*wrong)));
    }
    if (!hash_is(message, proof_hash(session, Side::kPeer, peer_id_))) {
        return std::unexpected(
            wrong_proof("the peer's proof is wrong: it could not decrypt what was encrypted for it"));
    }
    return auth::to_string(*parse_id(peer_id_));
}

}  // namespace keyline::ikev1
