// Messages 2, 4 and 6, and what asks for them.
#include <algorithm>
#include <utility>

#include "ikev1/main_mode.h"
#include "ikev1/main_mode_common.h"
#include "ikev1/teardown.h"
#include "ikev1/vendor_ids.h"

namespace keyline::ikev1 {
namespace {

using exchange::Host;
using exchange::Reason;
using exchange::Stage;
using wire::PayloadType;

std::optional<Failure> choose(Session& session, Host& host, const Incoming& message) {
    if (auto wrong = exchange::check_payloads(
            message.payloads, {{PayloadType::kSecurityAssociation}, {PayloadType::kNotification, 0, 4}})) {
        return Failure{Stage::kMainMode, Reason::kMalformedPayload, wire::notify::kPayloadMalformed,
                       "message 1: " + *wrong};
    }
    const auto& sa = *wire::find<wire::SecurityAssociation>(message.payloads);
    const std::vector<MmChoice> offer = parse_mm_offer(sa);
    exchange::MmProposed proposed{.mm = session.name, .by = exchange::By::kPeer};
    for (const MmChoice& choice : offer) {
        proposed.proposals.push_back(choice.transform.to_string());
        if (std::ranges::find(proposed.methods, choice.method) == proposed.methods.end())
            proposed.methods.push_back(choice.method);
    }
    host.report(std::move(proposed));
    const MmChoice* chosen =
        choose_mm_transform(offer, session.main_mode, authentication_codes(session.main_mode, host));
    if (chosen == nullptr) {
        return Failure{Stage::kMainMode, Reason::kNoMmProposal, wire::notify::kNoProposalChosen,
                       "no main mode proposal of the peer is acceptable; compare main_mode of both sides"};
    }
    const auto payload =
        std::ranges::find(message.payloads, PayloadType::kSecurityAssociation, &wire::Payload::type);
    session.offer = body_of(*payload);
    session.proposal = chosen->transform.to_string();
    session.methods = {chosen->method};
    session.chosen = *chosen;
    session.authentication = make_authentication(chosen->authentication, host, session.refusals);
    note_vendor_ids(session, message.payloads);
    host.report(exchange::MmChosen{.mm = session.name,
                                   .by = exchange::By::kLocal,
                                   .proposal = session.proposal,
                                   .methods = session.methods});
    return std::nullopt;
}

void answer(Session& session, Host& host, const Incoming& message, std::vector<wire::Payload> payloads,
            bool encrypted) {
    session.answered = {message.datagram,
                        send_main_mode(session, host, std::move(payloads), encrypted).datagram};
}

void receive_third(Session& session, Host& host, const Incoming& message) {
    make_key_exchange(session, host);
    if (const auto failure = take_key_exchange(session, host, message))
        return fail_main_mode(session, host, *failure);
    auto payloads = key_exchange_payloads(session, host);
    if (!payloads) return fail_main_mode(session, host, payloads.error());
    host.report(exchange::MethodTried{session.name, session.chosen->method});
    session.last_heard = host.now();
    session.state = State::kMessage4Sent;
    answer(session, host, message, std::move(*payloads), false);
}

void receive_fifth(Session& session, Host& host, const Incoming& message) {
    session.iv = message.next_iv;
    if (const auto failure = take_proof(session, message)) return fail_main_mode(session, host, *failure);
    follow_peer(session, host, message);
    auto payloads = proof_payloads(session, host);
    if (!payloads) return fail_main_mode(session, host, payloads.error());
    answer(session, host, message, std::move(*payloads), true);
    finish_main_mode(session, host);
}

}  // namespace

std::optional<Reason> check_first_message(const wire::Header& header) {
    if (header.encrypted() || header.message_id != 0 || header.responder_cookie != wire::Cookie{})
        return Reason::kUnknownSa;
    return std::nullopt;
}

bool accept_first_message(Session& session, Host& host, const exchange::DatagramReceived& datagram,
                          const wire::Header& header) {
    session.initiator_cookie = header.initiator_cookie;
    while (session.responder_cookie == wire::Cookie{})
        host.random().fill(session.responder_cookie);
    session.main_mode =
        host.lookup().main_mode(datagram.remote.address).restricted_to(policy::Protocol::kIkev1);
    const auto message = read_message(session, host, datagram, header, {});
    if (!message) return false;
    report_received(session, host, *message, ++session.messages, session.role());
    if (const auto failure = choose(session, host, *message)) {
        refuse_main_mode(session, host, *failure);
        return false;
    }
    session.state = State::kMessage2Sent;
    std::vector<wire::Payload> payloads{
        {wire::SecurityAssociation{.proposals = {session.chosen->transform.echo}}}};
    std::ranges::move(vendor_ids(session), std::back_inserter(payloads));
    answer(session, host, *message, std::move(payloads), false);
    return true;
}

void receive_as_responder(Session& session, Host& host, const Incoming& message) {
    session.state == State::kMessage2Sent ? receive_third(session, host, message)
                                          : receive_fifth(session, host, message);
}

}  // namespace keyline::ikev1
