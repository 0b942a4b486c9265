#include <algorithm>
#include <utility>

#include "exchange/quick_mode_report.h"
#include "exchange/quick_mode_sa.h"
#include "ikev1/nat_traversal.h"
#include "ikev1/quick_mode.h"
#include "ikev1/responder_lifetime.h"
#include "ikev1/teardown.h"

namespace keyline::ikev1 {
namespace {

using exchange::Host;
using exchange::Reason;
using exchange::Stage;

constexpr std::size_t kMaxAtATime = 16;

Failure invalid(std::string text) {
    return {Stage::kQuickMode, Reason::kMalformedPayload, wire::notify::kPayloadMalformed,
            "the answer to a quick mode: " + std::move(text)};
}

std::vector<wire::Payload> first_payloads(const Session& session, const QmNegotiation& negotiation) {
    std::vector<wire::Payload> payloads{
        {to_revision(session, exchange::build_qm_offer(negotiation.quick_mode, negotiation.traffic.mode,
                                                       session.nat_found(), negotiation.inbound_spi))},
        {wire::Nonce{negotiation.initiator_nonce}}};
    if (negotiation.dh) payloads.push_back({wire::KeyExchange{negotiation.dh->public_value()}});
    payloads.push_back({negotiation.ids.initiator});
    payloads.push_back({negotiation.ids.responder});
    return payloads;
}

void start(Session& session, Host& host, exchange::QmRequest request) {
    const policy::Rule* rule = host.lookup().rule(request.traffic.rule);
    if (rule == nullptr || rule->action != policy::RuleAction::kProtect) {
        return host.qm_failed(session, std::move(request), "policy does not protect this traffic any more");
    }
    const KeyContext context = session.key_context();
    QmNegotiation negotiation{
        .message_id = random_message_id(host.random()),
        .role = exchange::Role::kInitiator,
        .traffic = request.traffic,
        .quick_mode = host.lookup().policy().quick_mode_of(*rule),
        .engine = rule->engine,
        .ids = exchange::build_traffic_ids(request.traffic.selector, exchange::Role::kInitiator),
        .initiator_nonce = random_nonce(host.random()),
        .inbound_spi = host.new_spi(),
        .begun = host.now()};
    negotiation.iv = exchange_iv(context, session.iv, negotiation.message_id);
    if (const auto group = crypto::dh_group(static_cast<std::uint16_t>(negotiation.quick_mode.pfs_group))) {
        negotiation.dh = crypto::DhKeyPair::generate(*group, host.random());
    }
    negotiation.request = std::move(request);
    exchange::report_offer(host, session, negotiation.message_id, negotiation.traffic,
                           negotiation.quick_mode);
    const std::vector<wire::Payload> payloads = first_payloads(session, negotiation);
    const Bytes hash =
        message_hash(context, session.keys->skeyid_a, negotiation.message_id, {}, octets_of(payloads));
    negotiation.unanswered = send(session, host,
                                  {.type = wire::ExchangeType::kQuickMode,
                                   .message_id = negotiation.message_id,
                                   .payloads = with_hash(hash, payloads),
                                   .iv = &negotiation.iv,
                                   .number = ++session.messages,
                                   .role = exchange::Role::kInitiator});
    await_answer(session, host, *negotiation.unanswered,
                 negotiation.request->suspect ? Patience::kLittle : Patience::kUsual);
    session.negotiations.push_back(std::move(negotiation));
}

std::expected<exchange::QmTransform, Failure> take_answer(const Session& session, const Host& host,
                                                          QmNegotiation& negotiation,
                                                          const Incoming& message) {
    if (auto wrong = check_quick_mode(session, message)) return std::unexpected(invalid(std::move(*wrong)));
    const auto ids = wire::find_all<wire::Identification>(message.payloads);
    if (!ids.empty() && exchange::TrafficIds{*ids[0], *ids[1]} != negotiation.ids) {
        return std::unexpected(Failure{Stage::kQuickMode, Reason::kSelectors,
                                       wire::notify::kInvalidIdInformation,
                                       "the peer answered with other traffic selectors"});
    }
    auto chosen = exchange::parse_qm_choice(
        from_revision(session, *wire::find<wire::SecurityAssociation>(message.payloads)),
        negotiation.quick_mode, negotiation.traffic.mode, session.nat_found());
    if (!chosen) {
        return std::unexpected(Failure{Stage::kQuickMode, Reason::kNoQmProposal,
                                       wire::notify::kNoProposalChosen, chosen.error()});
    }
    if (host.sends_under(session.name.remote.address, chosen->spi))
        return std::unexpected(invalid("the SPI of another SA"));
    const auto* ke = wire::find<wire::KeyExchange>(message.payloads);
    if ((ke != nullptr) != negotiation.dh.has_value())
        return std::unexpected(invalid("KE without PFS, or PFS without KE"));
    if (ke != nullptr) {
        auto secret = negotiation.dh->compute(ke->public_value);
        if (!secret) return std::unexpected(invalid(crypto::to_string(secret.error())));
        negotiation.dh_secret = std::move(*secret);
    }
    take_responder_lifetime(message, *chosen);
    return std::move(*chosen);
}

void connect(Session& session, Host& host, QmNegotiation& negotiation) {
    host.act(exchange::InstallSa{std::move(*negotiation.outbound)});
    finish_quick_mode(session, host, negotiation);
}

}  // namespace

void pump_quick_modes(Session& session, Host& host) {
    if (!session.established || session.closing || session.deleted()) return;
    while (!session.waiting.empty() && session.negotiations.size() < kMaxAtATime) {
        exchange::QmRequest request = std::move(session.waiting.front());
        session.waiting.pop_front();
        start(session, host, std::move(request));
    }
}

void receive_quick_mode_answer(Session& session, Host& host, QmNegotiation& negotiation,
                               const Incoming& message) {
    const KeyContext context = session.key_context();
    const auto covered = hashed_part(message);
    if (!covered || !hash_is(message, message_hash(context, session.keys->skeyid_a, negotiation.message_id,
                                                   negotiation.initiator_nonce, *covered))) {
        return host.count(Reason::kBadIcv);
    }
    report_received(session, host, message, ++session.messages, exchange::Role::kInitiator);
    follow_peer(session, host, message);
    negotiation.iv = message.next_iv;
    const auto* nonce = wire::find<wire::Nonce>(message.payloads);
    if (nonce != nullptr) negotiation.responder_nonce = nonce->data;
    const auto chosen = take_answer(session, host, negotiation, message);
    if (!chosen) return fail_quick_mode(session, host, negotiation, chosen.error());

    exchange::SaPair sas = make_keyed_sas(session, negotiation, *chosen);
    negotiation.sa = exchange::make_record(session, host.now(),
                                           {.traffic = negotiation.traffic,
                                            .message_id = negotiation.message_id,
                                            .role = exchange::Role::kInitiator,
                                            .begun = negotiation.begun},
                                           sas);
    host.act(exchange::InstallSa{std::move(sas.inbound)});
    negotiation.outbound = std::move(sas.outbound);
    const Bytes hash = final_hash(context, session.keys->skeyid_a, negotiation.message_id,
                                  negotiation.initiator_nonce, negotiation.responder_nonce);
    negotiation.answered = {message.datagram, send(session, host,
                                                   {.type = wire::ExchangeType::kQuickMode,
                                                    .message_id = negotiation.message_id,
                                                    .payloads = with_hash(hash, {}),
                                                    .iv = &negotiation.iv,
                                                    .number = ++session.messages,
                                                    .role = exchange::Role::kInitiator})
                                                  .datagram};
    if ((message.header.flags & wire::kFlagCommit) == 0) return connect(session, host, negotiation);
    negotiation.unanswered->retransmission = {host.now(), host.lookup().policy().keying.retransmit_interval,
                                              0};
}

void receive_quick_mode_connected(Session& session, Host& host, QmNegotiation& negotiation,
                                  const Incoming& message) {
    const auto covered = hashed_part(message);
    if (!covered || !hash_is(message, message_hash(session.key_context(), session.keys->skeyid_a,
                                                   negotiation.message_id, {}, *covered))) {
        return host.count(Reason::kBadIcv);
    }
    report_received(session, host, message, ++session.messages, exchange::Role::kInitiator);
    follow_peer(session, host, message);
    connect(session, host, negotiation);
}

void quick_mode_connected(Session& session, Host& host, std::uint32_t message_id) {
    const auto negotiation = std::ranges::find(session.negotiations, message_id, &QmNegotiation::message_id);
    if (negotiation == session.negotiations.end() || negotiation->role != exchange::Role::kInitiator ||
        !negotiation->sa) {
        return host.count(Reason::kStale);
    }
    connect(session, host, *negotiation);
}

}  // namespace keyline::ikev1
