#include "ikev1/main_mode_common.h"

#include <algorithm>
#include <utility>

#include "ikev1/nat_traversal.h"
#include "ikev1/proof.h"
#include "ikev1/responder_lifetime.h"

namespace keyline::ikev1 {
namespace {

using exchange::Host;
using exchange::Reason;
using exchange::Stage;

const Bytes& public_value_of_initiator(const Session& session) {
    return session.initiator() ? session.dh->public_value() : session.peer_public_value;
}
const Bytes& public_value_of_responder(const Session& session) {
    return session.initiator() ? session.peer_public_value : session.dh->public_value();
}

void export_keys(const Session& session, Host& host) {
    if (host.lookup().policy().debug.key_export.empty()) return;
    host.act(exchange::ExportMmKeys{.protocol = policy::Protocol::kIkev1,
                                    .initiator_cookie = session.initiator_cookie,
                                    .responder_cookie = session.responder_cookie,
                                    .proposal = session.chosen->transform.proposal,
                                    .encryption_key = session.keys->encryption_key.clone(),
                                    .integrity_key = {}});
}

std::optional<Failure> derive(Session& session, Host& host) {
    const auto secret = session.dh->compute(session.peer_public_value);
    if (!secret) {
        return Failure{Stage::kMainMode, Reason::kBadKe, wire::notify::kPayloadMalformed,
                       crypto::to_string(secret.error())};
    }
    auto skeyid = session.authentication->skeyid(session, host, *secret);
    if (!skeyid) return std::move(skeyid.error());
    session.keys = derive_mm_keys(session.key_context(), std::move(*skeyid), *secret);
    session.iv = first_iv(session.key_context(), public_value_of_initiator(session),
                          public_value_of_responder(session));
    export_keys(session, host);
    return std::nullopt;
}

}  // namespace

void make_key_exchange(Session& session, Host& host) {
    const auto group = crypto::dh_group(static_cast<std::uint16_t>(session.chosen->transform.group));
    session.dh = crypto::DhKeyPair::generate(*group, host.random());
    own_nonce(session) = random_nonce(host.random());
}

std::expected<Payloads, Failure> key_exchange_payloads(Session& session, Host& host) {
    auto payloads = session.authentication->key_exchange(session, host);
    if (payloads) std::ranges::move(nat_discovery(session), std::back_inserter(*payloads));
    return payloads;
}

std::optional<Failure> take_key_exchange(Session& session, Host& host, const Incoming& message) {
    if (auto failure = session.authentication->take_key_exchange(session, host, message)) return failure;
    const NatFound nat = detect_nat(session.key_context(), message.payloads, message.local, message.remote);
    session.local_behind_nat = nat.local;
    session.remote_behind_nat = nat.remote;
    return derive(session, host);
}

std::expected<Payloads, Failure> proof_payloads(const Session& session, const Host& host) {
    auto payloads = session.authentication->proof(session);
    if (payloads && !host.has_sa_with(session.name.remote.address)) {
        payloads->push_back({wire::Notification{.protocol_id = wire::protocol::kIsakmp,
                                                .spi = cookies_of(session),
                                                .type = wire::notify::kInitialContact,
                                                .data = {}}});
    }
    if (payloads && !session.initiator()) {
        if (auto lifetime = build_responder_lifetime(session)) payloads->push_back(std::move(*lifetime));
    }
    return payloads;
}

std::optional<Failure> take_proof(Session& session, const Incoming& message) {
    auto name = session.authentication->take_proof(session, message);
    if (!name) return std::move(name.error());
    session.proved_peer = std::move(*name);
    session.peer_announced.initial_contact = std::ranges::any_of(
        wire::find_all<wire::Notification>(message.payloads),
        [](const wire::Notification* notify) { return notify->type == wire::notify::kInitialContact; });
    session.method = session.chosen->method;
    return std::nullopt;
}

void finish_main_mode(Session& session, Host& host) {
    session.state = State::kDone;
    session.established = session.main_mode_done = true;
    session.lived_at = host.now();
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
