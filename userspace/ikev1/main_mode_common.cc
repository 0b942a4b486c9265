#include "ikev1/main_mode_common.h"

#include <algorithm>
#include <utility>

#include "auth/pre_shared_key.h"
#include "ikev1/identity.h"
#include "ikev1/nat_traversal.h"

namespace keyline::ikev1 {
namespace {

using exchange::Host;
using exchange::Reason;
using exchange::Stage;
using wire::PayloadType;

Failure malformed(std::string text) {
    return {Stage::kMainMode, Reason::kMalformedPayload, wire::notify::kPayloadMalformed, std::move(text)};
}

const Bytes& public_value_of_initiator(const Session& session) {
    return session.initiator() ? session.dh->public_value() : session.peer_public_value;
}
const Bytes& public_value_of_responder(const Session& session) {
    return session.initiator() ? session.peer_public_value : session.dh->public_value();
}

// HASH_I or HASH_R of either side.
Bytes proof(const Session& session, bool own, const wire::Identification& id) {
    const Bytes body = body_of({id});
    const ProofInput input{.own_public_value = own ? session.dh->public_value() : session.peer_public_value,
                           .other_public_value = own ? session.peer_public_value : session.dh->public_value(),
                           .offer = session.offer,
                           .id = body};
    return session.initiator() == own ? hash_i(session.key_context(), session.keys->skeyid, input)
                                      : hash_r(session.key_context(), session.keys->skeyid, input);
}

std::optional<Failure> derive(Session& session, const Host& host) {
    // The engine makes no other method under this number.
    const auto* method =
        static_cast<const auth::PreSharedKeyMethod*>(host.method(auth::MethodId::kPreSharedKey));
    const Secret* key = method == nullptr ? nullptr : method->key(session.name.remote.address);
    if (key == nullptr) {
        return Failure{Stage::kAuthentication, Reason::kNoMethod, wire::notify::kAuthenticationFailed,
                       "no pre-shared key for " + session.name.remote.address.to_string() +
                           "; add one to auth.psk.file"};
    }
    const auto secret = session.dh->compute(session.peer_public_value);
    if (!secret) {
        return Failure{Stage::kMainMode, Reason::kBadKe, wire::notify::kPayloadMalformed,
                       crypto::to_string(secret.error())};
    }
    const KeyContext context = session.key_context();
    session.keys = derive_mm_keys(
        context, psk_skeyid(context.hash, *key, session.initiator_nonce, session.responder_nonce), *secret);
    session.iv = first_iv(context, public_value_of_initiator(session), public_value_of_responder(session));
    return std::nullopt;
}

}  // namespace

std::vector<wire::Payload> key_exchange_payloads(Session& session, Host& host) {
    const auto group = crypto::dh_group(static_cast<std::uint16_t>(session.chosen->transform.group));
    session.dh = crypto::DhKeyPair::generate(*group, host.random());
    Bytes& nonce = session.initiator() ? session.initiator_nonce : session.responder_nonce;
    nonce = random_nonce(host.random());
    std::vector<wire::Payload> payloads{{wire::KeyExchange{session.dh->public_value()}},
                                        {wire::Nonce{nonce}}};
    if (session.peer_knows_nat_traversal) {
        for (auto& natd : nat_discovery(session.key_context(), session.name.local, session.name.remote))
            payloads.push_back(std::move(natd));
    }
    return payloads;
}

std::optional<Failure> take_key_exchange(Session& session, const Host& host, const Incoming& message) {
    if (auto wrong = exchange::check_payloads(message.payloads, {{PayloadType::kKeyExchange},
                                                                 {PayloadType::kNonce},
                                                                 {PayloadType::kNatDiscovery, 0, 16},
                                                                 {PayloadType::kCertificateRequest, 0, 16},
                                                                 {PayloadType::kNotification, 0, 4}})) {
        return malformed(std::move(*wrong));
    }
    const auto& nonce = *wire::find<wire::Nonce>(message.payloads);
    if (!exchange::nonce_acceptable(nonce)) return malformed("a nonce of wrong length");
    (session.initiator() ? session.responder_nonce : session.initiator_nonce) = nonce.data;
    session.peer_public_value = wire::find<wire::KeyExchange>(message.payloads)->public_value;
    const NatFound nat = detect_nat(session.key_context(), message.payloads, message.local, message.remote);
    session.local_behind_nat = nat.local;
    session.remote_behind_nat = nat.remote;
    return derive(session, host);
}

std::vector<wire::Payload> proof_payloads(const Session& session, const Host& host) {
    const wire::Identification id = own_id(session.name.local.address);
    std::vector<wire::Payload> payloads{{id}, {wire::Hash{proof(session, true, id)}}};
    if (!host.has_sa_with(session.name.remote.address)) {
        payloads.push_back({wire::Notification{.protocol_id = wire::protocol::kIsakmp,
                                               .spi = cookies_of(session),
                                               .type = wire::notify::kInitialContact,
                                               .data = {}}});
    }
    return payloads;
}

std::optional<Failure> take_proof(Session& session, const Incoming& message) {
    if (auto wrong = exchange::check_payloads(message.payloads, {{PayloadType::kIdentification},
                                                                 {PayloadType::kHash},
                                                                 {PayloadType::kCertificate, 0, 16},
                                                                 {PayloadType::kCertificateRequest, 0, 16},
                                                                 {PayloadType::kNotification, 0, 4}})) {
        return malformed(std::move(*wrong));
    }
    const auto& id = *wire::find<wire::Identification>(message.payloads);
    if (!hash_is(message, proof(session, false, id))) {
        return Failure{Stage::kAuthentication, Reason::kBadAuth, wire::notify::kAuthenticationFailed,
                       "the peer's proof is wrong: compare the pre-shared keys of both sides"};
    }
    session.proved_peer = id_text(id);
    session.peer_announced.initial_contact = std::ranges::any_of(
        wire::find_all<wire::Notification>(message.payloads),
        [](const wire::Notification* notify) { return notify->type == wire::notify::kInitialContact; });
    session.method = session.chosen->method;
    return std::nullopt;
}

void finish_main_mode(Session& session, Host& host) {
    session.state = State::kDone;
    session.established = true;
    session.unanswered.reset();
    host.mm_established(session);
}

Unanswered send_main_mode(Session& session, Host& host, std::vector<wire::Payload> payloads, bool encrypted) {
    return send(session, host,
                {.type = wire::ExchangeType::kMainMode,
                 .payloads = std::move(payloads),
                 .iv = encrypted ? &session.iv : nullptr,
                 .number = ++session.messages});
}

}  // namespace keyline::ikev1
