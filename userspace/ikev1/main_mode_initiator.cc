// Messages 1, 3 and 5, and what answers them.
#include <algorithm>
#include <utility>

#include "ikev1/main_mode.h"
#include "ikev1/main_mode_common.h"
#include "ikev1/responder_lifetime.h"
#include "ikev1/teardown.h"
#include "ikev1/vendor_ids.h"

namespace keyline::ikev1 {
namespace {

using exchange::Host;
using exchange::Reason;
using exchange::Stage;
using wire::PayloadType;

void send_and_wait(Session& session, Host& host, State state, std::vector<wire::Payload> payloads,
                   bool encrypted) {
    session.state = state;
    session.unanswered = send_main_mode(session, host, std::move(payloads), encrypted);
    await_answer(session, host, *session.unanswered,
                 state == State::kMessage1Sent ? Patience::kFirstMessage : Patience::kUsual);
}

void report_proposed(Session& session, Host& host, const wire::SecurityAssociation& sa) {
    exchange::MmProposed proposed{.mm = session.name, .by = exchange::By::kLocal, .methods = session.methods};
    for (const MmChoice& choice : parse_mm_offer(sa))
        proposed.proposals.push_back(choice.transform.to_string());
    host.report(std::move(proposed));
}

std::optional<Failure> take_second_message(Session& session, Host& host, const Incoming& message) {
    if (auto wrong = exchange::check_payloads(
            message.payloads, {{PayloadType::kSecurityAssociation}, {PayloadType::kNotification, 0, 4}})) {
        return Failure{Stage::kMainMode, Reason::kMalformedPayload, wire::notify::kPayloadMalformed,
                       "message 2: " + *wrong};
    }
    auto chosen = parse_mm_choice(*wire::find<wire::SecurityAssociation>(message.payloads), session.main_mode,
                                  authentication_codes(session.main_mode, host, session.refusals));
    if (!chosen) {
        return Failure{Stage::kMainMode, Reason::kNoMmProposal, wire::notify::kNoProposalChosen,
                       chosen.error()};
    }
    session.responder_cookie = message.header.responder_cookie;
    session.proposal = chosen->transform.to_string();
    session.methods = {chosen->method};
    session.chosen = std::move(*chosen);
    session.authentication = make_authentication(session.chosen->authentication, host, session.refusals);
    note_vendor_ids(session, message.payloads);
    host.report(exchange::MmChosen{.mm = session.name,
                                   .by = exchange::By::kPeer,
                                   .proposal = session.proposal,
                                   .methods = session.methods});
    return std::nullopt;
}

void receive_second(Session& session, Host& host, const Incoming& message) {
    if (const auto failure = take_second_message(session, host, message))
        return fail_main_mode(session, host, *failure);
    make_key_exchange(session, host);
    auto payloads = key_exchange_payloads(session, host);
    if (!payloads) return fail_main_mode(session, host, payloads.error());
    send_and_wait(session, host, State::kMessage3Sent, std::move(*payloads), false);
}

void receive_fourth(Session& session, Host& host, const Incoming& message) {
    if (const auto failure = take_key_exchange(session, host, message))
        return fail_main_mode(session, host, *failure);
    host.report(exchange::MethodTried{session.name, session.chosen->method});
    if (session.nat_found()) {
        // RFC 3947 4: both sides use UDP 4500 from message 5 on.
        const std::uint16_t port = host.lookup().policy().host.nat_port;
        session.name.local.port = port;
        session.name.remote.port = port;
    }
    auto payloads = proof_payloads(session, host);
    if (!payloads) return fail_main_mode(session, host, payloads.error());
    send_and_wait(session, host, State::kMessage5Sent, std::move(*payloads), true);
}

void receive_sixth(Session& session, Host& host, const Incoming& message) {
    session.iv = message.next_iv;
    session.main_mode_done = true;  // for the responder, whatever this side makes of its proof
    if (const auto failure = take_proof(session, message)) return fail_main_mode(session, host, *failure);
    take_responder_lifetime(message, session.chosen->transform);
    finish_main_mode(session, host);
}

}  // namespace

void start_main_mode(Session& session, Host& host, const policy::MainMode& main_mode) {
    session.main_mode = main_mode;
    for (const policy::AuthMethod method : main_mode.auth)
        session.methods.push_back(static_cast<auth::MethodId>(method));
    session.initiator_cookie = host.new_initiator_cookie(session.name.remote.address);
    host.report(exchange::MmStarted{session.name});
    const wire::SecurityAssociation sa =
        build_mm_offer(main_mode, authentication_codes(main_mode, host, session.refusals));
    report_proposed(session, host, sa);
    std::vector<wire::Payload> payloads{{sa}};
    session.offer = body_of(payloads.front());
    std::ranges::move(vendor_ids(session), std::back_inserter(payloads));
    send_and_wait(session, host, State::kMessage1Sent, std::move(payloads), false);
}

void receive_as_initiator(Session& session, Host& host, const Incoming& message) {
    session.answered = {message.datagram, {}};  // the next message is on the schedule of repetitions
    switch (session.state) {
        case State::kMessage1Sent:
            return receive_second(session, host, message);
        case State::kMessage3Sent:
            return receive_fourth(session, host, message);
        default:
            return receive_sixth(session, host, message);
    }
}

}  // namespace keyline::ikev1
