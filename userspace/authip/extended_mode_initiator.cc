// MS-AIPS 3.6.
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
using exchange::Reason;
using exchange::Stage;
using wire::PayloadType;

// The only one before main mode is established: the first.
QmNegotiation& waiting_quick_mode(Session& session) { return session.negotiations.front(); }

std::optional<Failure> take_methods(Session& session, Host& host,
                                    const std::vector<wire::Payload>& payloads) {
    if (auto wrong = check_payloads(payloads, {{PayloadType::kAuth}, {PayloadType::kGssId, 0, 1}}))
        return invalid_extended("the answer to the proposed methods: " + *wrong);
    ExtendedMode& extended = *session.extended;
    auto methods = agreed_methods(*wire::find<wire::Auth>(payloads), extended.methods);
    if (!methods) {
        return Failure{Stage::kExtendedMode, Reason::kNoMethod, ErrorCode::kAuthFail,
                       "the responder chose authentication methods that were not offered"};
    }
    if (const auto* gss_id = wire::find<wire::GssId>(payloads)) {
        const auto name = wire::decode_principal_name(gss_id->name);
        if (!name) return invalid_extended("a GSS_ID that is not UTF-16");
        extended.announced_peer = *name;
    }
    extended.methods = std::move(*methods);
    host.report(
        exchange::EmChosen{.mm = session.name, .by = exchange::By::kPeer, .methods = extended.methods});
    return std::nullopt;
}

void receive_methods(Session& session, Host& host, const std::vector<wire::Payload>& payloads) {
    if (auto failure = take_methods(session, host, payloads)) return fail_main_mode(session, host, *failure);
    session.state = State::kExtendedModeGssApiRequestSent;
    auto& exchange = session.extended->gss.emplace<GssInitiator>(session.extended->methods);
    ExtendedModeGss gss(session, host);
    gss.apply(exchange.agreed(gss, session.extended->methods, nullptr));
}

void receive_gss_answer(Session& session, Host& host, const std::vector<wire::Payload>& payloads) {
    if (auto wrong = check_payloads(payloads, {{PayloadType::kGssApi}}))
        return fail_main_mode(session, host, invalid_extended(std::move(*wrong)));
    ExtendedModeGss(session, host).receive(*wire::find<wire::GssApi>(payloads));
}

void receive_final_answer(Session& session, Host& host, const std::vector<wire::Payload>& payloads) {
    if (auto wrong = check_payloads(payloads, {{PayloadType::kHash}, {PayloadType::kKeyDictation, 0, 2}}))
        return fail_main_mode(session, host, invalid_extended("the last answer: " + *wrong));
    const Bytes expected = extended_proof(session, exchange::Role::kResponder);
    if (!equal_constant_time(expected, wire::find<wire::Hash>(payloads)->data)) {
        return fail_main_mode(session, host,
                              {Stage::kExtendedMode, Reason::kBadAuth, ErrorCode::kAuthFail,
                               "the peer's proof Auth4 is wrong: an impostor, or messages were altered"});
    }
    QmNegotiation& negotiation = waiting_quick_mode(session);
    if (auto wrong = consume_dictated_keys(session, host, negotiation, payloads))
        return fail_main_mode(session, host, invalid_extended(std::move(*wrong)));
    if (!negotiation.sa) install_inbound(session, host, negotiation);
    install_outbound(host, negotiation);
    establish_quick_mode(session, host, negotiation);
}

}  // namespace

void start_extended_mode(Session& session, Host& host) {
    session.extended->transcript.negotiated(session.hash());
    session.state = State::kExtendedModeFirstRequestSent;
    host.report(exchange::EmProposed{
        .mm = session.name, .by = exchange::By::kLocal, .methods = session.extended->methods});
    send_request(session, host, wire::ExchangeType::kAuthipExtendedMode, kExtendedModeMessageId,
                 {{auth_payload(session.extended->methods)}}, true);
}

void send_final_request(Session& session, Host& host) {
    const GssResult& result = std::get<GssInitiator>(session.extended->gss).result();
    if (auto failure = ExtendedModeGss(session, host).take(result))
        return fail_main_mode(session, host, *failure);
    std::vector<wire::Payload> request{{wire::Hash{extended_proof(session, exchange::Role::kInitiator)}}};
    auto keys = dictation_payloads(session, host, waiting_quick_mode(session));
    if (!keys) return fail_main_mode(session, host, invalid_extended(std::move(keys.error())));
    std::ranges::move(*keys, std::back_inserter(request));
    // Item 29; but the keys that a peer with a weight may dictate come with Auth4 (Q10).
    QmNegotiation& negotiation = waiting_quick_mode(session);
    const bool peer_dictates = dictator_of(negotiation) == Dictator::kRemote && negotiation.peer_weight;
    if (!peer_dictates) install_inbound(session, host, negotiation);
    session.state = State::kExtendedModeFinalRequestSent;
    send_request(session, host, wire::ExchangeType::kAuthipExtendedMode, kExtendedModeMessageId, request,
                 true);
}

void receive_extended_mode_answer(Session& session, Host& host, const std::vector<wire::Payload>& payloads) {
    switch (session.state) {
        case State::kExtendedModeFirstRequestSent:
            return receive_methods(session, host, payloads);
        case State::kExtendedModeGssApiRequestSent:
            return receive_gss_answer(session, host, payloads);
        default:
            return receive_final_answer(session, host, payloads);
    }
}

}  // namespace keyline::authip
