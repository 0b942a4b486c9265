// MS-AIPS 3.3: messages #1 and #2 from the responder's side.
#include <algorithm>
#include <utility>

#include "authip/main_mode.h"
#include "authip/main_mode_gss.h"
#include "authip/method_list.h"
#include "authip/nat_detection.h"
#include "authip/vendor_ids.h"
#include "exchange/payload_check.h"
#include "wire/principal_name.h"

namespace keyline::authip {
namespace {

using exchange::Host;
using exchange::Reason;
using exchange::Stage;
using wire::PayloadType;

constexpr std::size_t kNonceOctets = 32;  // F8
constexpr std::uint32_t kNotTaken =
    0x80090305;  // SEC_E_SECPKG_NOT_FOUND: the answer to a method that is passed over

std::vector<std::string> names_of(const MmOffer& offer) {
    std::vector<std::string> names;
    for (const MmTransform& transform : offer.transforms)
        names.push_back(transform.to_string());
    return names;
}

// M3: a group and a KE payload come together.
std::optional<Failure> check_ke(const wire::KeyExchange* ke, std::uint16_t group) {
    const auto bad = [](std::string text) {
        return Failure{Stage::kMainMode, Reason::kBadKe, ErrorCode::kDhFail,
                       "message #1: " + std::move(text)};
    };
    if (group == 0) return ke == nullptr ? std::nullopt : std::optional(bad("a KE payload without a group"));
    if (ke == nullptr) return bad("a group without a KE payload");
    const auto known = crypto::dh_group(group);
    if (known && ke->public_value.size() != crypto::public_value_size(*known))
        return bad("a KE payload of wrong length");
    return std::nullopt;
}

std::optional<Failure> choose(Session& session, Host& host, const std::vector<wire::Payload>& payloads) {
    const auto offer = parse_mm_offer(*wire::find<wire::SecurityAssociation>(payloads));
    const Failure no_proposal{
        Stage::kMainMode, Reason::kNoMmProposal, ErrorCode::kPolicyMatch,
        "no main mode proposal of the peer is acceptable; compare main_mode of both sides"};
    if (!offer) {
        Failure failure = no_proposal;
        failure.text = "message #1: " + offer.error();
        return failure;
    }
    const auto& auth = *wire::find<wire::Auth>(payloads);
    host.report(exchange::MmProposed{.mm = session.name,
                                     .by = exchange::By::kPeer,
                                     .proposals = names_of(*offer),
                                     .methods = ids_of(auth)});
    const auto* ke = wire::find<wire::KeyExchange>(payloads);
    if (auto failure = check_ke(ke, offer->group)) return failure;
    const auto group = static_cast<policy::DhGroup>(offer->group);
    const MmTransform* chosen = choose_mm_transform(*offer, session.main_mode);
    if (chosen == nullptr || !session.main_mode.accepts(group)) return no_proposal;
    Methods usable = usable_methods(session.main_mode.auth, host, group);
    if (session.pad.has_to_prove(true)) keep_proving(usable, host, auth::End::kAcceptor);
    session.methods = acceptable_methods(auth, usable);
    if (session.methods.empty()) {
        return Failure{Stage::kMainMode, Reason::kNoMethod, ErrorCode::kAuthFail,
                       "no authentication method of the peer is acceptable; compare main_mode.auth of both "
                       "sides, and the names in [[peer]], which the method has to prove"};
    }
    session.group = group;
    session.choice = {.proposals = {chosen->echo}};
    session.proposal = chosen->to_string();
    session.chosen = *chosen;
    session.transcript.negotiated(session.hash());
    if (ke != nullptr) session.peer_public_value = ke->public_value;
    host.report(exchange::MmChosen{.mm = session.name,
                                   .by = exchange::By::kLocal,
                                   .proposal = session.proposal,
                                   .methods = session.methods});
    return std::nullopt;
}

}  // namespace

std::optional<Failure> receive_first_message(Session& session, Host& host, const Incoming& message) {
    const auto malformed = [](std::string text) {
        return Failure{Stage::kMainMode, Reason::kMalformedPayload, ErrorCode::kInvalidPayload,
                       "message #1: " + std::move(text)};
    };
    session.messages = 1;
    const auto payloads = read_payloads(session, host, message, session.messages);
    if (!payloads) return malformed(payloads.error());
    if (auto wrong = check_payloads(*payloads, {{PayloadType::kSecurityAssociation},
                                                {PayloadType::kAuth},
                                                {PayloadType::kNonce},
                                                {PayloadType::kNatDiscovery, 0, 16},
                                                {PayloadType::kGssApi, 0, 1},
                                                {PayloadType::kKeyExchange, 0, 1}})) {
        return malformed(std::move(*wrong));
    }
    const auto& nonce = *wire::find<wire::Nonce>(*payloads);
    if (!nonce_acceptable(nonce)) return malformed("a nonce of wrong length");
    if (auto failure = choose(session, host, *payloads)) return failure;

    session.initiator_nonce = nonce.data;
    session.responder_nonce = random_octets(host.random(), kNonceOctets);
    session.first_qm_responder_nonce = random_octets(host.random(), kNonceOctets);
    session.peer_announced = announced(*payloads);
    session.transcript.add(message.plaintext.octets);
    const NatFound nat =
        detect_nat(*payloads, session.initiator_cookie, nullptr, session.name.local, session.name.remote);
    session.local_behind_nat = nat.local;
    session.remote_behind_nat = nat.remote;
    if (const auto group = crypto::dh_group(static_cast<std::uint16_t>(session.group))) {
        session.dh = crypto::DhKeyPair::generate(*group, host.random());
    }
    host.report(exchange::MmStarted{session.name});

    session.gss.emplace<GssResponder>(session.methods);
    session.mm_channel.busy = true;
    const auto* token = wire::find<wire::GssApi>(*payloads);
    if (token == nullptr) {
        send_second_message(session, host, nullptr);
        return std::nullopt;
    }
    // M9: the token belongs to the first method of #1's list.
    if (wire::find<wire::Auth>(*payloads)->methods.front().method !=
        static_cast<std::uint16_t>(session.methods.front())) {
        const wire::GssApi not_taken{.status = kNotTaken};
        send_second_message(session, host, &not_taken);
        return std::nullopt;
    }
    MainModeGss(session, host).receive(*token);
    return std::nullopt;
}

bool send_second_message(Session& session, Host& host, const wire::GssApi* answer) {
    std::vector<wire::Payload> payloads;
    payloads.push_back({session.choice});
    payloads.push_back({auth_payload(session.methods)});
    payloads.push_back({wire::Nonce{session.responder_nonce}});
    payloads.push_back({wire::Nonce{session.first_qm_responder_nonce}});
    for (auto& vendor_id : vendor_ids(to_announce(host, session)))
        payloads.push_back(std::move(vendor_id));
    for (auto& natd : nat_discovery(session.initiator_cookie, &session.responder_cookie, session.name.local,
                                    session.name.remote)) {
        payloads.push_back(std::move(natd));
    }
    if (answer != nullptr) {
        payloads.push_back({*answer});
    } else if (const auto name = wire::encode_principal_name(announced_name(session.methods, host))) {
        payloads.push_back({wire::GssId{*name}});
    }
    if (session.dh) payloads.push_back({wire::KeyExchange{session.dh->public_value()}});
    session.state = State::kMainModeResponderFirstExchangeDone;
    return send_answer(session, host, wire::ExchangeType::kAuthipMainMode, 0, payloads, false);
}

}  // namespace keyline::authip
