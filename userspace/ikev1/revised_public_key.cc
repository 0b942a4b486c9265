#include "ikev1/revised_public_key.h"

#include <algorithm>
#include <utility>

#include "ikev1/payload_cipher.h"
#include "ikev1/proof.h"

namespace keyline::ikev1 {
namespace {

using wire::PayloadType;

const wire::Cookie& cookie_of(const Session& session, bool initiator) {
    return initiator ? session.initiator_cookie : session.responder_cookie;
}

const wire::Payload* find_payload(const Incoming& message, PayloadType type) {
    const auto found = std::ranges::find(message.payloads, type, &wire::Payload::type);
    return found == message.payloads.end() ? nullptr : &*found;
}

}  // namespace

std::expected<Payloads, Failure> RevisedPublicKey::key_exchange(Session& session, exchange::Host&) {
    if (session.initiator()) {
        if (auto failure = choose_peer(session)) return std::unexpected(std::move(*failure));
    }
    Payloads payloads;
    name_certificate(session, payloads);
    auto nonce = encrypt(own_nonce(session));
    if (!nonce) return std::unexpected(std::move(nonce.error()));
    payloads.push_back({wire::Nonce{std::move(*nonce)}});
    PayloadCipher cipher(session.key_context(), own_nonce(session), cookie_of(session, session.initiator()));
    payloads.push_back(payload_of(PayloadType::kKeyExchange, cipher.seal(session.dh->public_value())));
    payloads.push_back(payload_of(PayloadType::kIdentification, cipher.seal(own_id(session))));
    if (session.initiator() && credentials().send_unasked()) {
        const Bytes certificate = body_of(
            wire::Payload{wire::Certificate{wire::certificate_encoding::kX509KeyExchange, own().der()}});
        payloads.push_back(payload_of(PayloadType::kCertificate, cipher.seal(certificate)));
    }
    return payloads;
}

std::optional<Failure> RevisedPublicKey::take_key_exchange(Session& session, exchange::Host& host,
                                                           const Incoming& message) {
    const std::size_t most = session.initiator() ? 0 : 1;
    if (auto wrong = exchange::check_payloads(message.payloads, {{PayloadType::kHash, 0, most},
                                                                 {PayloadType::kNonce},
                                                                 {PayloadType::kKeyExchange},
                                                                 {PayloadType::kIdentification},
                                                                 {PayloadType::kCertificate, 0, most},
                                                                 {PayloadType::kNatDiscovery, 0, 16},
                                                                 {PayloadType::kNatDiscoveryDraft, 0, 16},
                                                                 {PayloadType::kNotification, 0, 4}})) {
        return malformed(std::move(*wrong));
    }
    if (auto failure = choose_own(session, message)) return failure;
    peer_nonce(session) = open_nonce(message, host);
    PayloadCipher cipher(session.key_context(), peer_nonce(session),
                         cookie_of(session, !session.initiator()));
    const auto open = [&](PayloadType type) -> std::optional<Bytes> {
        const wire::Payload* const sealed = find_payload(message, type);
        return sealed == nullptr ? std::nullopt : cipher.open(body_of(*sealed));
    };
    session.peer_public_value = open(PayloadType::kKeyExchange).value_or(Bytes{});
    const auto id = open(PayloadType::kIdentification);
    std::vector<Bytes> sent;
    if (const auto certificate = open(PayloadType::kCertificate); certificate && !certificate->empty())
        sent.emplace_back(certificate->begin() + 1, certificate->end());  // after the encoding
    return take_id(session, id, sent);
}

}  // namespace keyline::ikev1
