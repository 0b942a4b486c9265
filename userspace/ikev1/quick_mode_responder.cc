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

constexpr std::size_t kMaxUnfinished = 64;  // of one peer's quick modes

Failure invalid(std::string text) {
    return {Stage::kQuickMode, Reason::kMalformedPayload, wire::notify::kPayloadMalformed,
            "the request of a quick mode: " + std::move(text)};
}

Failure no_proposal(std::string text) {
    return {Stage::kQuickMode, Reason::kNoQmProposal, wire::notify::kNoProposalChosen, std::move(text)};
}

Failure failure_of(const exchange::NotCovered& fault) {
    const bool selectors = fault.reason == Reason::kSelectors;
    return {Stage::kQuickMode, fault.reason,
            selectors ? wire::notify::kInvalidIdInformation : wire::notify::kNoProposalChosen, fault.text};
}

// Without ID payloads the quick mode is for the two hosts (RFC 2409 5.5).
exchange::TrafficIds ids_of(const Session& session, const Incoming& message) {
    const auto ids = wire::find_all<wire::Identification>(message.payloads);
    if (ids.size() == 2) return {*ids[0], *ids[1]};
    const policy::Selector hosts{.local = Prefix::host(session.name.local.address),
                                 .remote = Prefix::host(session.name.remote.address)};
    return exchange::build_traffic_ids(hosts, exchange::Role::kResponder);
}

std::optional<policy::Mode> offered_mode(const Session& session, const exchange::QmOffer& offer) {
    for (const exchange::QmTransform& transform : offer.transforms) {
        if (const auto mode = exchange::mode_of(transform.encapsulation, session.nat_found())) return mode;
    }
    return std::nullopt;
}

std::optional<Failure> exchange_keys(QmNegotiation& negotiation, const exchange::QmTransform& chosen,
                                     const wire::KeyExchange* ke, crypto::RandomSource& random) {
    if ((ke != nullptr) != (chosen.group != 0)) return invalid("KE without a group, or a group without KE");
    if (ke == nullptr) return std::nullopt;
    negotiation.dh = crypto::DhKeyPair::generate(*crypto::dh_group(chosen.group), random);
    auto secret = negotiation.dh->compute(ke->public_value);
    if (!secret) return invalid(crypto::to_string(secret.error()));
    negotiation.dh_secret = std::move(*secret);
    return std::nullopt;
}

// Everything the request decides; the chosen transform.
std::expected<exchange::QmTransform, Failure> take_request(const Session& session, Host& host,
                                                           QmNegotiation& negotiation,
                                                           const Incoming& message) {
    if (auto wrong = check_quick_mode(session, message)) return std::unexpected(invalid(std::move(*wrong)));
    negotiation.ids = ids_of(session, message);
    const auto offer = exchange::parse_qm_offer(
        from_revision(session, *wire::find<wire::SecurityAssociation>(message.payloads)));
    if (!offer) return std::unexpected(invalid(offer.error()));
    exchange::report_offer(host, session, negotiation.message_id, negotiation.ids, *offer);

    const auto mode = offered_mode(session, *offer);
    if (!mode) return std::unexpected(no_proposal("no quick mode transform of the peer is known here"));
    const auto cover = exchange::find_cover(session, host.lookup(), *mode, negotiation.ids);
    if (!cover) return std::unexpected(failure_of(cover.error()));
    if (!session.authenticates_for(*cover->rule)) {
        return std::unexpected(no_proposal("rule \"" + cover->rule->name +
                                           "\" wants what only AuthIP has: users, or extended mode"));
    }
    negotiation.traffic = cover->traffic;
    negotiation.quick_mode = host.lookup().policy().quick_mode_of(*cover->rule);
    negotiation.engine = cover->rule->engine;
    const exchange::QmTransform* chosen =
        exchange::choose_qm_transform(*offer, negotiation.quick_mode, *mode, session.nat_found());
    if (chosen == nullptr) {
        return std::unexpected(
            no_proposal("no quick mode proposal of the peer is acceptable; compare quick_mode \"" +
                        negotiation.quick_mode.name + "\" with the peer's"));
    }
    if (host.sends_under(session.name.remote.address, chosen->spi))
        return std::unexpected(invalid("the SPI of another SA"));
    const auto* ke = wire::find<wire::KeyExchange>(message.payloads);
    if (auto failure = exchange_keys(negotiation, *chosen, ke, host.random()))
        return std::unexpected(std::move(*failure));
    negotiation.initiator_nonce = wire::find<wire::Nonce>(message.payloads)->data;
    negotiation.responder_nonce = random_nonce(host.random());
    negotiation.inbound_spi = host.new_spi();
    return *chosen;
}

// Quick modes of the same traffic that the peer began before this one and whose confirmation was lost: the
// peer has replaced them, and confirmed late they would pass for the newer ones.
void forget_predecessors(Session& session, Host& host, const QmNegotiation& confirmed) {
    std::vector<std::uint32_t> message_ids;
    for (const QmNegotiation& other : session.negotiations) {
        if (other.role == confirmed.role && other.traffic == confirmed.traffic &&
            other.begun < confirmed.begun) {
            message_ids.push_back(other.message_id);
        }
    }
    for (const std::uint32_t message_id : message_ids) {
        finish_exchange(session, message_id, {});
        forget_quick_mode(session, host, message_id);
    }
}

QmNegotiation* find_negotiation(Session& session, std::uint32_t message_id) {
    return &*std::ranges::find(session.negotiations, message_id, &QmNegotiation::message_id);
}

std::vector<wire::Payload> answer_payloads(const Session& session, const QmNegotiation& negotiation,
                                           const Incoming& message, const exchange::QmTransform& chosen) {
    std::vector<wire::Payload> payloads{
        {to_revision(session, exchange::build_qm_choice(chosen, negotiation.inbound_spi))},
        {wire::Nonce{negotiation.responder_nonce}}};
    if (negotiation.dh) payloads.push_back({wire::KeyExchange{negotiation.dh->public_value()}});
    if (wire::find<wire::Identification>(message.payloads) != nullptr) {
        payloads.push_back({negotiation.ids.initiator});
        payloads.push_back({negotiation.ids.responder});
    }
    if (auto notify =
            build_responder_lifetime(negotiation.quick_mode.lifetime, chosen, negotiation.inbound_spi))
        payloads.push_back(std::move(*notify));
    return payloads;
}

}  // namespace

void receive_quick_mode_request(Session& session, Host& host, const Incoming& message) {
    const std::uint32_t message_id = message.header.message_id;
    const KeyContext context = session.key_context();
    const auto covered = hashed_part(message);
    if (!covered ||
        !hash_is(message, message_hash(context, session.keys->skeyid_a, message_id, {}, *covered))) {
        return host.count(Reason::kBadIcv);
    }
    if (session.closing) return host.count(Reason::kWrongState);
    if (session.negotiations.size() >= kMaxUnfinished) return host.count(Reason::kPeerNegotiationLimit);
    report_received(session, host, message, ++session.messages, exchange::Role::kResponder);
    follow_peer(session, host, message);
    QmNegotiation negotiation{.message_id = message_id,
                              .role = exchange::Role::kResponder,
                              .iv = message.next_iv,
                              .begun = host.now()};
    const auto chosen = take_request(session, host, negotiation, message);
    if (!chosen) {
        // Its repetition finds nothing to answer: the peer has been told.
        finish_exchange(session, message_id, {message.datagram, {}});
        return refuse_quick_mode(session, host, message_id, chosen.error());
    }
    exchange::SaPair sas = make_keyed_sas(session, negotiation, *chosen);
    negotiation.sa = exchange::make_record(session, host.now(),
                                           {.traffic = negotiation.traffic,
                                            .message_id = message_id,
                                            .role = exchange::Role::kResponder,
                                            .begun = negotiation.begun},
                                           sas);
    host.act(exchange::InstallSa{std::move(sas.inbound)});
    negotiation.outbound = std::move(sas.outbound);
    const std::vector<wire::Payload> payloads = answer_payloads(session, negotiation, message, *chosen);
    const Bytes hash = message_hash(context, session.keys->skeyid_a, message_id, negotiation.initiator_nonce,
                                    octets_of(payloads));
    negotiation.unanswered = send(session, host,
                                  {.type = wire::ExchangeType::kQuickMode,
                                   .message_id = message_id,
                                   .payloads = with_hash(hash, payloads),
                                   .iv = &negotiation.iv,
                                   .number = ++session.messages,
                                   .role = exchange::Role::kResponder});
    await_answer(session, host, *negotiation.unanswered, Patience::kUsual);
    negotiation.answered = {message.datagram, negotiation.unanswered->datagram};
    session.negotiations.push_back(std::move(negotiation));
}

void receive_quick_mode_confirmation(Session& session, Host& host, QmNegotiation& negotiation,
                                     const Incoming& message) {
    if (!hash_is(message, final_hash(session.key_context(), session.keys->skeyid_a, negotiation.message_id,
                                     negotiation.initiator_nonce, negotiation.responder_nonce))) {
        return host.count(Reason::kBadIcv);
    }
    report_received(session, host, message, ++session.messages, exchange::Role::kResponder);
    follow_peer(session, host, message);
    host.act(exchange::InstallSa{std::move(*negotiation.outbound)});
    negotiation.answered = {message.datagram, {}};
    forget_predecessors(session, host, negotiation);
    finish_quick_mode(session, host, *find_negotiation(session, message.header.message_id));
}

}  // namespace keyline::ikev1
