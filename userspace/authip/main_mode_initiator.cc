// MS-AIPS 3.2: messages #1 and #2 from the initiator's side.
#include <algorithm>
#include <utility>

#include "authip/main_mode.h"
#include "authip/main_mode_gss.h"
#include "authip/method_list.h"
#include "authip/nat_detection.h"
#include "authip/teardown.h"
#include "authip/vendor_ids.h"
#include "exchange/payload_check.h"
#include "wire/build.h"
#include "wire/principal_name.h"

namespace keyline::authip {
namespace {

using exchange::Host;
using exchange::Reason;
using exchange::Stage;
using wire::PayloadType;

constexpr std::size_t kNonceOctets = 32;  // F8
constexpr unsigned kMaxDosCookies = 3;    // D1

Failure malformed(std::string text) {
    return {Stage::kMainMode, Reason::kMalformedPayload, ErrorCode::kInvalidPayload,
            "message #2: " + std::move(text)};
}

void report_proposed(Session& session, Host& host) {
    exchange::MmProposed proposed{.mm = session.name, .by = exchange::By::kLocal, .methods = session.methods};
    for (const policy::MmProposal& proposal : session.main_mode.proposals) {
        proposed.proposals.push_back(
            MmTransform{.proposal = proposal, .group = session.group, .echo = {}}.to_string());
    }
    host.report(std::move(proposed));
}

// Everything in #2 but its GSS-API payload.
std::optional<Failure> take_second_message(Session& session, Host& host,
                                           const std::vector<wire::Payload>& payloads) {
    if (auto wrong = check_payloads(payloads, {{PayloadType::kSecurityAssociation},
                                               {PayloadType::kAuth},
                                               {PayloadType::kNonce, 2, 2},
                                               {PayloadType::kNatDiscovery, 0, 16},
                                               {PayloadType::kGssApi, 0, 1},
                                               {PayloadType::kGssId, 0, 1},
                                               {PayloadType::kKeyExchange, 0, 1}})) {
        return malformed(std::move(*wrong));
    }
    auto chosen =
        parse_mm_choice(*wire::find<wire::SecurityAssociation>(payloads), session.main_mode, session.group);
    if (!chosen)
        return Failure{Stage::kMainMode, Reason::kNoMmProposal, ErrorCode::kPolicyMatch, chosen.error()};

    auto methods = agreed_methods(*wire::find<wire::Auth>(payloads), session.methods);
    if (!methods) {
        return Failure{Stage::kMainMode, Reason::kNoMethod, ErrorCode::kAuthFail,
                       "the responder chose authentication methods that were not offered"};
    }
    const auto nonces = wire::find_all<wire::Nonce>(payloads);
    if (!nonce_acceptable(*nonces[0]) || !nonce_acceptable(*nonces[1]))
        return malformed("a nonce of wrong length");

    const auto* ke = wire::find<wire::KeyExchange>(payloads);
    if ((ke != nullptr) != session.dh.has_value()) {
        return Failure{Stage::kMainMode, Reason::kBadKe, ErrorCode::kDhFail,
                       ke == nullptr ? "message #2 lacks its KE payload"
                                     : "message #2 has a KE payload without a group"};
    }
    if (ke != nullptr) {
        if (ke->public_value.size() != crypto::public_value_size(session.dh->group())) {
            return Failure{Stage::kMainMode, Reason::kBadKe, ErrorCode::kDhFail,
                           "a KE payload of wrong length"};
        }
        session.peer_public_value = ke->public_value;
    }
    const auto* gss_id = wire::find<wire::GssId>(payloads);
    if (gss_id == nullptr && wire::find<wire::GssApi>(payloads) == nullptr)
        return malformed("no GSS_ID payload (M10)");
    if (gss_id != nullptr) {
        const auto name = wire::decode_principal_name(gss_id->name);
        if (!name) return malformed("a GSS_ID that is not UTF-16");
        session.announced_peer = *name;
    }
    session.responder_nonce = nonces[0]->data;
    session.first_qm_responder_nonce = nonces[1]->data;
    session.proposal = chosen->to_string();
    session.chosen = std::move(*chosen);
    session.transcript.negotiated(session.hash());
    host.report(exchange::MmChosen{
        .mm = session.name, .by = exchange::By::kPeer, .proposal = session.proposal, .methods = *methods});
    session.methods = std::move(*methods);
    return std::nullopt;
}

}  // namespace

void start_main_mode(Session& session, Host& host, const policy::MainMode& main_mode) {
    session.main_mode = main_mode;
    session.group = main_mode.offered_group();
    for (const policy::AuthMethod method : main_mode.auth)
        session.methods.push_back(static_cast<auth::MethodId>(method));
    session.initiator_cookie = host.new_initiator_cookie(session.name.remote.address);
    session.initiator_nonce = random_octets(host.random(), kNonceOctets);
    if (const auto group = crypto::dh_group(static_cast<std::uint16_t>(session.group))) {
        session.dh = crypto::DhKeyPair::generate(*group, host.random());
    }
    host.report(exchange::MmStarted{session.name});
    report_proposed(session, host);
    auto& gss = session.gss.emplace<GssInitiator>(session.methods);
    if (session.pad.name_for(main_mode.auth.front()).empty())
        return send_first_message(session, host, nullptr);
    MainModeGss environment(session, host);
    environment.apply(gss.start_in_first_message(environment));
}

void send_first_message(Session& session, Host& host, const wire::GssApi* token) {
    auto& payloads = session.first_message;
    payloads.push_back({build_mm_offer(session.main_mode, session.group)});
    payloads.push_back({auth_payload(session.methods)});
    payloads.push_back({wire::Nonce{session.initiator_nonce}});
    for (auto& vendor_id : vendor_ids(to_announce(host, session)))
        payloads.push_back(std::move(vendor_id));
    for (auto& natd :
         nat_discovery(session.initiator_cookie, nullptr, session.name.local, session.name.remote)) {
        payloads.push_back(std::move(natd));
    }
    if (token != nullptr) payloads.push_back({*token});
    if (session.dh) payloads.push_back({wire::KeyExchange{session.dh->public_value()}});
    session.state = State::kMainModeFirstGeneralizedPacketSent;
    if (!send_request(session, host, wire::ExchangeType::kAuthipMainMode, 0, payloads, false)) {
        end_main_mode(session, host, "message #1 is too long for a datagram; shorten the list of proposals");
    }
}

void receive_dos_cookie(Session& session, Host& host, const wire::Cookie& cookie) {
    if (session.state != State::kMainModeFirstGeneralizedPacketSent)
        return host.count(Reason::kUnexpectedMessage);
    if (session.cookies_followed == kMaxDosCookies) return host.count(Reason::kTooManyCookies);
    ++session.cookies_followed;
    session.responder_cookie = cookie;
    send_first_again(session, host);
}

void receive_second_message(Session& session, Host& host, const std::vector<wire::Payload>& payloads) {
    if (auto failure = take_second_message(session, host, payloads))
        return fail_main_mode(session, host, *failure);
    session.first_message.clear();
    session.peer_announced = announced(payloads);
    const NatFound nat = detect_nat(payloads, session.initiator_cookie, &session.responder_cookie,
                                    session.name.local, session.name.remote);
    session.local_behind_nat = nat.local;
    session.remote_behind_nat = nat.remote;
    if (session.nat_found()) {
        // Item 13: both sides use UDP 4500 from #3 on.
        const std::uint16_t port = host.lookup().policy().host.nat_port;
        session.name.local.port = port;
        session.name.remote.port = port;
    }
    session.state = State::kGssApiRequestSent;
    MainModeGss gss(session, host);
    gss.apply(
        std::get<GssInitiator>(session.gss).agreed(gss, session.methods, wire::find<wire::GssApi>(payloads)));
}

}  // namespace keyline::authip
