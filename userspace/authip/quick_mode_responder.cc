// MS-AIPS 3.5.
#include <algorithm>
#include <iterator>
#include <utility>

#include "authip/exchange_info.h"
#include "authip/extended_mode.h"
#include "authip/notify.h"
#include "authip/quick_mode.h"
#include "authip/quick_mode_sa.h"
#include "authip/teardown.h"
#include "exchange/payload_check.h"
#include "exchange/quick_mode_report.h"
#include "exchange/quick_mode_sa.h"

namespace keyline::authip {
namespace {

using exchange::Host;
using exchange::Reason;
using exchange::Stage;
using wire::PayloadType;

constexpr std::size_t kNonceOctets = 32;       // F8
constexpr std::size_t kMaxSynchronizing = 16;  // normal quick modes whose second exchange has not come
constexpr std::chrono::seconds kSynchronizeTimeout{60};  // Q11

Failure invalid(std::string text) {
    return {Stage::kQuickMode, Reason::kMalformedPayload, ErrorCode::kInvalidPayload,
            "a quick mode request: " + std::move(text)};
}

std::optional<Failure> check_request(const Session& session, bool first,
                                     const std::vector<wire::Payload>& payloads) {
    const std::size_t once_if_first = first ? 1 : 0;
    if (auto wrong = check_payloads(payloads, {{PayloadType::kHash, once_if_first, once_if_first},
                                               {PayloadType::kIdentification, 2, 2},
                                               {PayloadType::kSecurityAssociation},
                                               {PayloadType::kNonce},
                                               {PayloadType::kKeyExchange, 0, 1},
                                               {PayloadType::kNotification, 0, 1},
                                               {PayloadType::kKeyDictationWeight, 0, 1}})) {
        return invalid(std::move(*wrong));
    }
    if (!nonce_acceptable(*wire::find<wire::Nonce>(payloads))) return invalid("a nonce of wrong length");
    if (!first) return std::nullopt;
    if (payloads.front().type() != PayloadType::kHash) return invalid("HASH is not first");
    const Bytes expected = auth1(session.hash(), session.keys->skeyid, session.transcript.value());
    if (equal_constant_time(expected, wire::find<wire::Hash>(payloads)->data)) return std::nullopt;
    return Failure{Stage::kQuickMode, Reason::kBadAuth, ErrorCode::kAuthFail,
                   "the peer's proof Auth1 is wrong: an impostor, or messages were altered"};
}

// The mode that all known transforms of an offer share is the first one's; others cannot be chosen.
std::optional<policy::Mode> offered_mode(const Session& session, const QmOffer& offer) {
    for (const QmTransform& transform : offer.transforms) {
        if (const auto mode = mode_of(transform.encapsulation, session.nat_found())) return mode;
    }
    return std::nullopt;
}

Failure no_proposal(std::string text) {
    return {Stage::kQuickMode, Reason::kNoQmProposal, ErrorCode::kPolicyMatch, std::move(text)};
}

Failure failure_of(exchange::NotCovered why) {
    const ErrorCode code = why.reason == Reason::kSelectors  ? ErrorCode::kUnsupportedId
                           : why.reason == Reason::kNoMethod ? ErrorCode::kAuthFail
                                                             : ErrorCode::kPolicyMatch;
    return {Stage::kQuickMode, why.reason, code, std::move(why.text)};
}

// The rule that covers the proposed traffic, and the traffic as this host sees it.
std::expected<const policy::Rule*, Failure> find_rule(Session& session, const Host& host, policy::Mode mode,
                                                      QmNegotiation& negotiation) {
    auto cover = exchange::find_cover(session, host.lookup(), mode, negotiation.ids);
    if (!cover) return std::unexpected(failure_of(std::move(cover.error())));
    const policy::Rule& rule = *cover->rule;
    if (negotiation.first) {
        plan_authentication(session, host, rule, session.group);
        if (session.extended) session.extended->transcript.negotiated(session.hash());
    }
    if (!session.authenticates_for(rule)) {
        return std::unexpected(Failure{
            Stage::kQuickMode, Reason::kNoMethod, ErrorCode::kAuthFail,
            "rule \"" + rule.name + "\" wants an extended mode that this main mode SA does not have"});
    }
    negotiation.traffic = cover->traffic;
    negotiation.traffic.impersonation_handle = session.impersonation_handle;
    return &rule;
}

std::optional<Failure> exchange_keys(QmNegotiation& negotiation, const QmTransform& chosen,
                                     const wire::KeyExchange* ke, crypto::RandomSource& random) {
    const auto bad = [](std::string text) {
        return Failure{Stage::kQuickMode, Reason::kBadKe, ErrorCode::kDhFail, std::move(text)};
    };
    if ((ke != nullptr) != (chosen.group != 0)) return bad("KE without a group, or a group without KE");
    if (ke == nullptr) return std::nullopt;
    negotiation.dh = crypto::DhKeyPair::generate(*crypto::dh_group(chosen.group), random);
    auto secret = negotiation.dh->compute(ke->public_value);
    if (!secret) return bad(crypto::to_string(secret.error()));
    negotiation.dh_secret = std::move(*secret);
    return std::nullopt;
}

// Everything the request decides; the chosen transform.
std::expected<QmTransform, Failure> take_request(Session& session, Host& host, QmNegotiation& negotiation,
                                                 const std::vector<wire::Payload>& payloads) {
    if (auto failure = check_request(session, negotiation.first, payloads))
        return std::unexpected(std::move(*failure));
    const auto ids = wire::find_all<wire::Identification>(payloads);
    negotiation.ids = {*ids[0], *ids[1]};
    const auto offer = parse_qm_offer(*wire::find<wire::SecurityAssociation>(payloads));
    if (!offer) return std::unexpected(invalid(offer.error()));
    exchange::report_offer(host, session, negotiation.message_id, negotiation.ids, *offer);

    const auto mode = offered_mode(session, *offer);
    if (!mode) return std::unexpected(no_proposal("no quick mode transform of the peer is known here"));
    const auto rule = find_rule(session, host, *mode, negotiation);
    if (!rule) return std::unexpected(rule.error());
    negotiation.quick_mode = host.lookup().policy().quick_mode_of(**rule);
    negotiation.engine = (*rule)->engine;
    negotiation.exchange_info = exchange_info_flags(**rule);
    const auto info = find_exchange_info(payloads);
    if (!info) return std::unexpected(invalid(info.error()));
    negotiation.peer_exchange_info = *info;
    if ((*info & wire::kExchangeInfoGuaranteeEncryption) != 0) keep_encrypting(negotiation.quick_mode);
    const QmTransform* chosen =
        choose_qm_transform(*offer, negotiation.quick_mode, *mode, session.nat_found());
    if (chosen == nullptr) {
        return std::unexpected(
            no_proposal("no quick mode proposal of the peer is acceptable; compare quick_mode \"" +
                        negotiation.quick_mode.name + "\" with the peer's"));
    }
    if (peer_spi_in_use(session, host, chosen->spi)) return std::unexpected(invalid("the SPI of another SA"));
    const auto* ke = wire::find<wire::KeyExchange>(payloads);
    if (auto failure = exchange_keys(negotiation, *chosen, ke, host.random()))
        return std::unexpected(std::move(*failure));

    negotiation.fast =
        is_fast(offer->count, ke != nullptr, wire::find<wire::KeyDictationWeight>(payloads) != nullptr);
    if (const auto* weight = wire::find<wire::KeyDictationWeight>(payloads))
        negotiation.peer_weight = weight->weight;
    if (dictator_of(negotiation) == Dictator::kLocal)
        negotiation.dictated = make_dictated_keys(key_octets(chosen->suite), host.random());
    negotiation.initiator_nonce = wire::find<wire::Nonce>(payloads)->data;
    negotiation.responder_nonce =
        negotiation.first ? session.first_qm_responder_nonce : random_octets(host.random(), kNonceOctets);
    negotiation.inbound_spi = host.new_spi();
    return *chosen;
}

std::expected<std::vector<wire::Payload>, std::string> answer_payloads(const Session& session, Host& host,
                                                                       const QmNegotiation& negotiation) {
    std::vector<wire::Payload> payloads;
    if (negotiation.first) {
        payloads.push_back(
            {wire::Hash{auth2(session.hash(), session.keys->skeyid, session.transcript.value())}});
    }
    payloads.push_back({negotiation.ids.initiator});
    payloads.push_back({negotiation.ids.responder});
    payloads.push_back({build_qm_choice(*negotiation.chosen, negotiation.inbound_spi)});
    if (!negotiation.first) payloads.push_back({wire::Nonce{negotiation.responder_nonce}});
    if (negotiation.dh) payloads.push_back({wire::KeyExchange{negotiation.dh->public_value()}});
    append_exchange_info(payloads, session, negotiation.exchange_info & wire::kExchangeInfoNdBoundary);
    if (const auto weight = negotiation.quick_mode.key_dictation_weight)
        payloads.push_back({wire::KeyDictationWeight{*weight}});
    if (session.awaits_extended_mode()) return payloads;  // Q10: they follow Auth4
    auto keys = dictation_payloads(session, host, negotiation);
    if (!keys) return std::unexpected(keys.error());
    std::ranges::move(*keys, std::back_inserter(payloads));
    return payloads;
}

// Its exchanges are over; with an extended mode to come, what it has agreed on waits for that.
void conclude(Session& session, Host& host, QmNegotiation& negotiation) {
    if (!session.awaits_extended_mode()) return establish_quick_mode(session, host, negotiation);
    session.state = State::kQuickModeResponderDone;
}

}  // namespace

void receive_quick_mode_request(Session& session, Host& host, const Incoming& message,
                                const std::vector<wire::Payload>& payloads) {
    QmNegotiation negotiation{.message_id = message.header.message_id,
                              .first = message.header.exchange_type == wire::ExchangeType::kAuthipMainMode,
                              .begun = host.now()};
    auto chosen = take_request(session, host, negotiation, payloads);
    if (!chosen) {
        session.channel(message.header.exchange_type).refused = message.header.message_id;
        return fail_quick_mode(session, host, message.header.message_id, chosen.error());
    }
    negotiation.chosen = std::move(*chosen);
    const auto answer = answer_payloads(session, host, negotiation);
    if (!answer) {
        host.release_spi(negotiation.inbound_spi);
        session.channel(message.header.exchange_type).refused = message.header.message_id;
        return fail_quick_mode(session, host, message.header.message_id, invalid(answer.error()));
    }
    const bool waits = session.awaits_extended_mode();
    if (!waits) install_inbound(session, host, negotiation);
    if (!waits && negotiation.fast) install_outbound(host, negotiation);  // item 28: both before #6
    if (!negotiation.fast) {
        negotiation.synchronizing = true;
        negotiation.give_up = host.now() + kSynchronizeTimeout;
        if (negotiation.first) session.state = State::kQuickModeResponderFirstExchangeDone;
    }
    send_answer(session, host, message.header.exchange_type, negotiation.message_id, *answer, true);
    if (!negotiation.fast && session.negotiations.size() == kMaxSynchronizing) {
        drop_negotiation(session, host, session.negotiations.front().message_id);
    }
    session.negotiations.push_back(std::move(negotiation));
    if (session.negotiations.back().fast) conclude(session, host, session.negotiations.back());
}

void receive_synchronize(Session& session, Host& host, const Incoming& message,
                         const std::vector<wire::Payload>& payloads) {
    const std::uint32_t message_id = message.header.message_id;
    const auto negotiation = std::ranges::find(session.negotiations, message_id, &QmNegotiation::message_id);
    const std::size_t keys = negotiation == session.negotiations.end() ? 0 : 2;
    const auto* notify = wire::find<wire::AuthipNotification>(payloads);
    if (notify == nullptr || notify->type != wire::notify::kQmSynchronize ||
        check_payloads(payloads, {{PayloadType::kNotification}, {PayloadType::kKeyDictation, 0, keys}})) {
        session.qm_channel.refused = message_id;
        return fail_quick_mode(session, host, message_id, invalid("no synchronize, or more than that"));
    }
    if (negotiation == session.negotiations.end()) {
        if (!host.has_quick_mode(session, message_id)) {
            session.qm_channel.refused = message_id;
            return fail_quick_mode(session, host, message_id,
                                   {Stage::kQuickMode, Reason::kWrongState, ErrorCode::kProcessing,
                                    "a synchronize for a quick mode that is not there"});
        }
        // Item 28: after a fast quick mode it is answered, too.
        send_answer(session, host, message.header.exchange_type, message_id, {synchronize_payload()}, true);
        return;
    }
    if (auto wrong = consume_dictated_keys(session, host, *negotiation, payloads)) {
        session.qm_channel.refused = message_id;
        return fail_quick_mode(session, host, message_id, invalid(std::move(*wrong)));
    }
    // A fast one that waits for extended mode is answered, too.
    const bool completes = std::exchange(negotiation->synchronizing, false);
    if (completes && negotiation->outbound) install_outbound(host, *negotiation);
    send_answer(session, host, message.header.exchange_type, message_id, {synchronize_payload()}, true);
    if (!completes) return;
    negotiation->give_up = exchange::kNever;
    conclude(session, host, *negotiation);
}

}  // namespace keyline::authip
