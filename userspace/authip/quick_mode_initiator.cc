// MS-AIPS 3.4.
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

namespace keyline::authip {
namespace {

using exchange::Host;
using exchange::Reason;
using exchange::Stage;
using wire::PayloadType;

constexpr std::size_t kNonceOctets = 32;  // F8

wire::ExchangeType exchange_of(const QmNegotiation& negotiation) {
    return negotiation.first ? wire::ExchangeType::kAuthipMainMode : wire::ExchangeType::kAuthipQuickMode;
}

Failure invalid(std::string text) {
    return {Stage::kQuickMode, Reason::kMalformedPayload, ErrorCode::kInvalidPayload,
            "the answer to a quick mode: " + std::move(text)};
}

std::uint32_t fresh_message_id(const Session& session, Host& host) {
    for (;;) {
        const std::uint32_t id = random_message_id(host.random());
        if (std::ranges::find(session.negotiations, id, &QmNegotiation::message_id) ==
            session.negotiations.end()) {
            return id;
        }
    }
}

std::vector<wire::Payload> first_payloads(const Session& session, const QmNegotiation& negotiation) {
    std::vector<wire::Payload> payloads;
    if (negotiation.first) {
        payloads.push_back(
            {wire::Hash{auth1(session.hash(), session.keys->skeyid, session.transcript.value())}});
    }
    payloads.push_back({negotiation.ids.initiator});
    payloads.push_back({negotiation.ids.responder});
    payloads.push_back({build_qm_offer(negotiation.quick_mode, negotiation.traffic.mode, session.nat_found(),
                                       negotiation.inbound_spi)});
    payloads.push_back({wire::Nonce{negotiation.initiator_nonce}});
    if (negotiation.dh) payloads.push_back({wire::KeyExchange{negotiation.dh->public_value()}});
    append_exchange_info(payloads, session, negotiation.exchange_info);
    if (const auto weight = negotiation.quick_mode.key_dictation_weight)
        payloads.push_back({wire::KeyDictationWeight{*weight}});
    return payloads;
}

// False when policy has lost the rule since the quick mode was asked for.
bool start(Session& session, Host& host, exchange::QmRequest request, bool first) {
    const policy::Rule* rule = host.lookup().rule(request.traffic.rule);
    if (rule == nullptr || rule->action != policy::RuleAction::kProtect) {
        host.qm_failed(session, std::move(request), "policy does not protect this traffic any more");
        return false;
    }
    if (!session.authenticates_for(*rule)) {
        host.qm_failed(session, std::move(request), "policy has changed and wants another extended mode");
        return false;
    }
    policy::QuickMode quick_mode = host.lookup().policy().quick_mode_of(*rule);
    if (request.guarantee_encryption) keep_encrypting(quick_mode);
    if (quick_mode.suites.empty()) {
        host.qm_failed(session, std::move(request),
                       "the peer asks for encryption; quick mode \"" + quick_mode.name +
                           "\" has no suite that encrypts");
        return false;
    }
    QmNegotiation negotiation{.first = first,
                              .traffic = request.traffic,
                              .ids = build_traffic_ids(request.traffic.selector, exchange::Role::kInitiator),
                              .quick_mode = std::move(quick_mode),
                              .engine = rule->engine,
                              .exchange_info = exchange_info_flags(*rule, request.guarantee_encryption),
                              .initiator_nonce = random_octets(host.random(), kNonceOctets),
                              .inbound_spi = host.new_spi(),
                              .begun = host.now()};
    negotiation.message_id = first ? 0 : fresh_message_id(session, host);
    if (first) negotiation.responder_nonce = session.first_qm_responder_nonce;
    if (const auto group = crypto::dh_group(static_cast<std::uint16_t>(negotiation.quick_mode.pfs_group))) {
        negotiation.dh = crypto::DhKeyPair::generate(*group, host.random());
    }
    negotiation.fast = is_fast(negotiation.quick_mode.suites.size(), negotiation.dh.has_value(),
                               negotiation.quick_mode.key_dictation_weight.has_value());
    negotiation.request = std::move(request);
    exchange::report_offer(host, session, negotiation.message_id, negotiation.traffic,
                           negotiation.quick_mode);
    send_request(session, host, exchange_of(negotiation), negotiation.message_id,
                 first_payloads(session, negotiation), true);
    session.negotiations.push_back(std::move(negotiation));
    return true;
}

// #6 and its like: what it has to say; the chosen transform.
std::expected<QmTransform, Failure> take_answer(Session& session, Host& host, QmNegotiation& negotiation,
                                                const std::vector<wire::Payload>& payloads) {
    const std::size_t once_if_first = negotiation.first ? 1 : 0;
    if (auto wrong = check_payloads(payloads, {{PayloadType::kHash, once_if_first, once_if_first},
                                               {PayloadType::kIdentification, 2, 2},
                                               {PayloadType::kSecurityAssociation},
                                               {PayloadType::kNonce, 1 - once_if_first, 1 - once_if_first},
                                               {PayloadType::kKeyExchange, 0, 1},
                                               {PayloadType::kNotification, 0, 1},
                                               {PayloadType::kKeyDictationWeight, 0, 1},
                                               {PayloadType::kKeyDictation, 0, 2}})) {
        return std::unexpected(invalid(std::move(*wrong)));
    }
    if (negotiation.first) {
        if (payloads.front().type() != PayloadType::kHash)
            return std::unexpected(invalid("HASH is not first"));
        const Bytes expected = auth2(session.hash(), session.keys->skeyid, session.transcript.value());
        if (!equal_constant_time(expected, wire::find<wire::Hash>(payloads)->data)) {
            return std::unexpected(
                Failure{Stage::kQuickMode, Reason::kBadAuth, ErrorCode::kAuthFail,
                        "the peer's proof Auth2 is wrong: an impostor, or messages were altered"});
        }
    } else {
        const auto& nonce = *wire::find<wire::Nonce>(payloads);
        if (!nonce_acceptable(nonce)) return std::unexpected(invalid("a nonce of wrong length"));
        negotiation.responder_nonce = nonce.data;
    }
    const auto ids = wire::find_all<wire::Identification>(payloads);
    if (TrafficIds{*ids[0], *ids[1]} != negotiation.ids) {  // Q2
        return std::unexpected(Failure{Stage::kQuickMode, Reason::kSelectors, ErrorCode::kUnsupportedId,
                                       "the peer answered with other traffic selectors"});
    }
    const auto info = find_exchange_info(payloads);
    if (!info) return std::unexpected(invalid(info.error()));
    negotiation.peer_exchange_info = *info;
    auto chosen = parse_qm_choice(*wire::find<wire::SecurityAssociation>(payloads), negotiation.quick_mode,
                                  negotiation.traffic.mode, session.nat_found());
    if (!chosen) return std::unexpected(invalid(chosen.error()));
    if (peer_spi_in_use(session, host, chosen->spi)) return std::unexpected(invalid("the SPI of another SA"));
    const auto* ke = wire::find<wire::KeyExchange>(payloads);
    if ((ke != nullptr) != negotiation.dh.has_value())
        return std::unexpected(invalid("KE without PFS, or PFS without KE"));
    if (ke != nullptr) {
        auto secret = negotiation.dh->compute(ke->public_value);
        if (!secret) {
            return std::unexpected(Failure{Stage::kQuickMode, Reason::kBadKe, ErrorCode::kDhFail,
                                           crypto::to_string(secret.error())});
        }
        negotiation.dh_secret = std::move(*secret);
    }
    if (const auto* weight = wire::find<wire::KeyDictationWeight>(payloads))
        negotiation.peer_weight = weight->weight;
    auto dictated = take_dictated_keys(payloads, dictator_of(negotiation), key_octets(chosen->suite),
                                       protection_of(session));
    if (!dictated) return std::unexpected(invalid(dictated.error()));
    negotiation.dictated = std::move(*dictated);
    if (dictator_of(negotiation) == Dictator::kLocal)
        negotiation.dictated = make_dictated_keys(key_octets(chosen->suite), host.random());
    return std::move(*chosen);
}

void send_synchronize(Session& session, Host& host, QmNegotiation& negotiation) {
    if (negotiation.first) session.state = State::kQuickModeInitiatorSecondPacketSent;
    std::vector<wire::Payload> payloads{synchronize_payload()};
    if (!session.awaits_extended_mode()) {  // Q10: with one they follow Auth3
        auto keys = dictation_payloads(session, host, negotiation);
        if (!keys)
            return fail_quick_mode(session, host, negotiation.message_id, invalid(std::move(keys.error())));
        std::ranges::move(*keys, std::back_inserter(payloads));
    }
    send_request(session, host, wire::ExchangeType::kAuthipQuickMode, negotiation.message_id, payloads, true);
}

// Its exchanges are over; with an extended mode to come, what it has agreed on waits for that.
void conclude(Session& session, Host& host, QmNegotiation& negotiation) {
    if (!session.awaits_extended_mode()) {
        install_outbound(host, negotiation);
        return establish_quick_mode(session, host, negotiation);
    }
    negotiation.synchronizing = false;
    session.state = State::kQuickModeInitiatorDone;
    pump_quick_modes(session, host);
}

// #6 of a normal quick mode installs the inbound SA, of a fast one both (item 28).
void receive_first_answer(Session& session, Host& host, QmNegotiation& negotiation,
                          const std::vector<wire::Payload>& payloads) {
    auto chosen = take_answer(session, host, negotiation, payloads);
    if (!chosen) return fail_quick_mode(session, host, negotiation.message_id, chosen.error());
    negotiation.chosen = std::move(*chosen);
    if (!session.awaits_extended_mode()) install_inbound(session, host, negotiation);
    if (negotiation.fast) return conclude(session, host, negotiation);
    negotiation.synchronizing = true;
    if (!notifies_pending(session)) send_synchronize(session, host, negotiation);
}

void receive_synchronize_answer(Session& session, Host& host, QmNegotiation& negotiation,
                                const std::vector<wire::Payload>& payloads) {
    const auto* notify = wire::find<wire::AuthipNotification>(payloads);
    auto wrong = check_payloads(payloads, {{PayloadType::kNotification}});
    if (!wrong && notify->type != wire::notify::kQmSynchronize)
        wrong = "another notify than NOTIFY_QM_SYNCHRONIZE";
    if (wrong) return fail_quick_mode(session, host, negotiation.message_id, invalid(std::move(*wrong)));
    conclude(session, host, negotiation);
}

}  // namespace

void start_first_quick_mode(Session& session, Host& host) {
    session.state = State::kQuickModeInitiatorFirstPacketSent;
    while (!session.waiting.empty()) {
        exchange::QmRequest request = std::move(session.waiting.front());
        session.waiting.pop_front();
        if (start(session, host, std::move(request), true)) return;
    }
    fail_main_mode(session, host,
                   {Stage::kQuickMode, Reason::kNoPolicy, ErrorCode::kSaDeleted,
                    "policy does not protect traffic with this peer any more"});
}

void pump_quick_modes(Session& session, Host& host) {
    if (!session.initiator() || session.request || notifies_pending(session) || session.deleted()) return;
    const auto waits = std::ranges::find_if(session.negotiations, &QmNegotiation::synchronizing);
    if (waits != session.negotiations.end()) return send_synchronize(session, host, *waits);
    if (session.state == State::kQuickModeInitiatorDone && session.awaits_extended_mode())
        return start_extended_mode(session, host);
    if (!session.established || session.closing) return;
    while (!session.waiting.empty()) {
        exchange::QmRequest request = std::move(session.waiting.front());
        session.waiting.pop_front();
        if (start(session, host, std::move(request), false)) return;
    }
}

void receive_quick_mode_answer(Session& session, Host& host, std::uint32_t message_id,
                               const std::vector<wire::Payload>& payloads) {
    const auto negotiation = std::ranges::find(session.negotiations, message_id, &QmNegotiation::message_id);
    if (negotiation == session.negotiations.end()) return host.count(Reason::kUnexpectedMessage);
    if (negotiation->synchronizing) return receive_synchronize_answer(session, host, *negotiation, payloads);
    receive_first_answer(session, host, *negotiation, payloads);
}

}  // namespace keyline::authip
