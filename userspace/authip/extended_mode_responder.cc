// MS-AIPS 3.7.
#include <algorithm>
#include <iterator>
#include <utility>

#include "authip/extended_mode.h"
#include "authip/extended_mode_gss.h"
#include "authip/quick_mode_sa.h"
#include "authip/teardown.h"
#include "exchange/payload_check.h"
#include "wire/principal_name.h"

namespace keyline::authip {
namespace {

using exchange::Host;
using exchange::Instant;
using exchange::Reason;
using exchange::Stage;
using wire::PayloadType;

constexpr auto kType = wire::ExchangeType::kAuthipExtendedMode;

void receive_methods(Session& session, Host& host, const std::vector<wire::Payload>& payloads) {
    if (auto wrong = check_payloads(payloads, {{PayloadType::kAuth}}))
        return fail_main_mode(session, host, invalid_extended("the proposed methods: " + *wrong));
    const auto& offered = *wire::find<wire::Auth>(payloads);
    host.report(
        exchange::EmProposed{.mm = session.name, .by = exchange::By::kPeer, .methods = ids_of(offered)});
    ExtendedMode& extended = *session.extended;
    extended.give_up = exchange::kNever;
    extended.methods = acceptable_methods(offered, extended.methods);
    if (extended.methods.empty()) {
        return fail_main_mode(session, host,
                              {Stage::kExtendedMode, Reason::kNoMethod, ErrorCode::kAuthFail,
                               "no authentication method of the peer is acceptable; compare extended_auth of "
                               "both sides' rules"});
    }
    host.report(
        exchange::EmChosen{.mm = session.name, .by = exchange::By::kLocal, .methods = extended.methods});
    extended.gss.emplace<GssResponder>(extended.methods);
    std::vector<wire::Payload> answer{{auth_payload(extended.methods)}};
    if (const auto name = wire::encode_principal_name(announced_name(extended.methods, host)))
        answer.push_back({wire::GssId{*name}});
    session.state = State::kExtendedModeResponderFirstExchangeDone;
    send_answer(session, host, kType, kExtendedModeMessageId, answer, true);
}

void receive_gss_request(Session& session, Host& host, const std::vector<wire::Payload>& payloads) {
    if (auto wrong = check_payloads(payloads, {{PayloadType::kGssApi}}))
        return fail_main_mode(session, host, invalid_extended(std::move(*wrong)));
    ExtendedModeGss(session, host).receive(*wire::find<wire::GssApi>(payloads));
}

std::optional<Failure> take_final_request(Session& session, Host& host,
                                          const std::vector<wire::Payload>& payloads) {
    auto& gss = std::get<GssResponder>(session.extended->gss);
    if (!gss.complete()) return untimely_extended("Auth3 before the authentication is complete");
    if (auto wrong = check_payloads(payloads, {{PayloadType::kHash}, {PayloadType::kKeyDictation, 0, 2}}))
        return invalid_extended("the last request: " + *wrong);
    if (auto failure = ExtendedModeGss(session, host).take(gss.result())) return failure;
    const Bytes expected = extended_proof(session, exchange::Role::kInitiator);
    if (!equal_constant_time(expected, wire::find<wire::Hash>(payloads)->data)) {
        return Failure{Stage::kExtendedMode, Reason::kBadAuth, ErrorCode::kAuthFail,
                       "the peer's proof Auth3 is wrong: an impostor, or messages were altered"};
    }
    return std::nullopt;
}

void receive_final_request(Session& session, Host& host, const std::vector<wire::Payload>& payloads) {
    if (auto failure = take_final_request(session, host, payloads))
        return fail_main_mode(session, host, *failure);
    const ExtendedMode& extended = *session.extended;
    if (extended.credentials.impersonation)
        session.impersonation_handle = host.handle_of_user(extended.proved_peer);
    QmNegotiation& negotiation = session.negotiations.front();
    negotiation.traffic.impersonation_handle = session.impersonation_handle;
    if (auto wrong = consume_dictated_keys(session, host, negotiation, payloads))
        return fail_main_mode(session, host, invalid_extended(std::move(*wrong)));
    std::vector<wire::Payload> answer{{wire::Hash{extended_proof(session, exchange::Role::kResponder)}}};
    auto keys = dictation_payloads(session, host, negotiation);
    if (!keys) return fail_main_mode(session, host, invalid_extended(std::move(keys.error())));
    std::ranges::move(*keys, std::back_inserter(answer));
    install_inbound(session, host, negotiation);  // item 29: both before Auth4
    install_outbound(host, negotiation);
    send_answer(session, host, kType, kExtendedModeMessageId, answer, true);
    establish_quick_mode(session, host, negotiation);
}

// Q8. The first quick mode's SAs, which the peer would install with extended mode, cannot stay here.
void refuse_extended_mode(Session& session, Host& host) {
    if (session.established) host.qm_deleted_by_peer(session, 0);
    fail_main_mode(session, host,
                   untimely_extended("the peer wants extended mode, which no rule here asks for; "
                                     "compare extended_auth of both sides' rules"));
}

}  // namespace

void doubt_extended_mode(Session& session, Host& host) {
    if (session.state != State::kQuickModeResponderDone || !session.awaits_extended_mode()) return;
    const Instant soon = host.now() + 2 * host.lookup().policy().keying.retransmit_interval;
    session.extended->give_up = std::min(session.extended->give_up, soon);
}

void give_up_extended_mode(Session& session, Host& host) {
    fail_main_mode(
        session, host,
        {Stage::kExtendedMode, Reason::kNoMethod, ErrorCode::kAuthFail,
         "the peer does without extended mode, which the rule here asks for; compare extended_auth "
         "of both sides' rules"});
}

void receive_extended_mode_request(Session& session, Host& host, const Incoming& message,
                                   const std::vector<wire::Payload>& payloads) {
    if (!session.extended) return refuse_extended_mode(session, host);
    if (message.header.message_id != kExtendedModeMessageId)
        return fail_main_mode(session, host, invalid_extended("extended mode has the message ID 1"));
    const bool is_final = !payloads.empty() && payloads.front().type() == PayloadType::kHash;
    switch (session.state) {
        case State::kQuickModeResponderDone:
            return receive_methods(session, host, payloads);
        case State::kExtendedModeResponderFirstExchangeDone:
            return is_final ? receive_final_request(session, host, payloads)
                            : receive_gss_request(session, host, payloads);
        default:
            return fail_main_mode(session, host,
                                  untimely_extended("extended mode at the wrong time, or twice"));
    }
}

}  // namespace keyline::authip
