#include "ikev1/proof.h"

#include <utility>

namespace keyline::ikev1 {
namespace {

using exchange::Reason;
using exchange::Stage;
using wire::PayloadType;

std::uint16_t notify_of(auth::SecStatus status) {
    switch (status) {
        case auth::SecStatus::kNoCredentials:
            return wire::notify::kCertificateUnavailable;
        case auth::SecStatus::kUntrustedRoot:
            return wire::notify::kInvalidCertAuthority;
        case auth::SecStatus::kWrongPrincipal:
            return wire::notify::kInvalidIdInformation;
        default:
            return wire::notify::kInvalidCertificate;
    }
}

}  // namespace

Bytes proof_hash(const Session& session, Side side, ByteView id) {
    const bool own = side == Side::kOwn;
    const ProofInput input{.own_public_value = own ? session.dh->public_value() : session.peer_public_value,
                           .other_public_value = own ? session.peer_public_value : session.dh->public_value(),
                           .offer = session.offer,
                           .id = id};
    return session.initiator() == own ? hash_i(session.key_context(), session.keys->skeyid, input)
                                      : hash_r(session.key_context(), session.keys->skeyid, input);
}

wire::Identification to_payload(const auth::IkeId& id) {
    return {.type = static_cast<std::uint8_t>(id.type), .data = id.data};
}

auth::IkeId from_payload(const wire::Identification& id) {
    return {static_cast<auth::IkeIdType>(id.type), id.data};
}

Bytes body_of(const wire::Identification& id) { return body_of(wire::Payload{id}); }

Payloads clear_key_exchange(const Session& session) {
    return {{wire::KeyExchange{session.dh->public_value()}}, {wire::Nonce{own_nonce(session)}}};
}

std::optional<Failure> take_clear_key_exchange(Session& session, const Incoming& message) {
    if (auto wrong = exchange::check_payloads(message.payloads, {{PayloadType::kKeyExchange},
                                                                 {PayloadType::kNonce},
                                                                 {PayloadType::kNatDiscovery, 0, 16},
                                                                 {PayloadType::kNatDiscoveryDraft, 0, 16},
                                                                 {PayloadType::kCertificateRequest, 0, 16},
                                                                 {PayloadType::kNotification, 0, 4}})) {
        return malformed(std::move(*wrong));
    }
    const auto& nonce = *wire::find<wire::Nonce>(message.payloads);
    if (!exchange::nonce_acceptable(nonce)) return malformed("a nonce of wrong length");
    peer_nonce(session) = nonce.data;
    session.peer_public_value = wire::find<wire::KeyExchange>(message.payloads)->public_value;
    return std::nullopt;
}

Bytes& own_nonce(Session& session) {
    return session.initiator() ? session.initiator_nonce : session.responder_nonce;
}
const Bytes& own_nonce(const Session& session) {
    return session.initiator() ? session.initiator_nonce : session.responder_nonce;
}
Bytes& peer_nonce(Session& session) {
    return session.initiator() ? session.responder_nonce : session.initiator_nonce;
}

Failure malformed(std::string text) {
    return {Stage::kMainMode, Reason::kMalformedPayload, wire::notify::kPayloadMalformed, std::move(text)};
}

Failure wrong_proof(std::string text) {
    return {Stage::kAuthentication, Reason::kBadAuth, wire::notify::kAuthenticationFailed, std::move(text)};
}

Failure certificate_failure(const auth::Failure& failure) {
    return {Stage::kAuthentication, Reason::kBadCertificate, notify_of(failure.status), failure.line};
}

}  // namespace keyline::ikev1
