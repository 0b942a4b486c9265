// MS-AIPS 3.8, 3.9: GSS-API round trips inside main mode, and the keys that come of them.
#include "authip/main_mode_gss.h"

#include <utility>

#include "authip/extended_mode_gss.h"
#include "authip/main_mode.h"
#include "authip/quick_mode.h"
#include "authip/teardown.h"
#include "exchange/payload_check.h"

namespace keyline::authip {
namespace {

using exchange::Host;
using exchange::Reason;
using exchange::Stage;

GssResult& result_of(Session& session) {
    return session.initiator() ? std::get<GssInitiator>(session.gss).result()
                               : std::get<GssResponder>(session.gss).result();
}

void export_keys(const Session& session, Host& host) {
    if (host.lookup().policy().debug.key_export.empty()) return;
    host.act(
        exchange::ExportMmKeys{.initiator_cookie = session.initiator_cookie,
                               .responder_cookie = session.responder_cookie,
                               .proposal = session.chosen->proposal,
                               .encryption_key = session.keys->encryption_key.clone(),
                               .integrity_key = session.keys->skeyid_a.clone(),
                               .icv_octets = icv_size(session.hash(), session.peer_announced.short_icv)});
}

}  // namespace

auth::PeerNames MainModeGss::peer_names(auth::MethodId method) const {
    return {.wanted = session_.pad.name_for(static_cast<policy::AuthMethod>(method)),
            .announced = session_.announced_peer};
}

// Who the peer is, and the keys.
std::optional<Failure> MainModeGss::derive_keys() {
    GssResult& result = result_of(session_);
    auto dh_secret = accept(result);
    if (!dh_secret) return std::move(dh_secret.error());
    auto keys = derive_mm_keys(session_.key_context(), {.initiator_nonce = session_.initiator_nonce,
                                                        .responder_nonce = session_.responder_nonce,
                                                        .dh_secret = dh_secret->view(),
                                                        .gss_secret = result.secret.view()});
    if (!keys) return Failure{Stage::kMainMode, Reason::kBadKe, ErrorCode::kError, to_string(keys.error())};
    session_.keys = std::move(*keys);
    session_.method = result.method;
    session_.proved_peer = result.peer;
    // MS-AIPS 3.3.5.1.
    if (!session_.initiator())
        session_.impersonation_handle = credentials_.impersonation ? host_.handle_of_user(result.peer) : 0;
    export_keys(session_, host_);
    return std::nullopt;
}

bool MainModeGss::send(wire::GssApi payload) {
    constexpr auto kType = wire::ExchangeType::kAuthipMainMode;
    if (session_.initiator()) {
        session_.state = State::kGssApiRequestSent;
        return send_request(session_, host_, kType, 0, {{flagged(std::move(payload))}}, false);
    }
    if (std::get<GssResponder>(session_.gss).complete() && !session_.has_keys()) {
        if (auto failure = derive_keys()) {
            fail_main_mode(session_, host_, *failure);
            return true;
        }
    }
    if (session_.state == State::kStart) return send_second_message(session_, host_, &payload);
    return send_answer(session_, host_, kType, 0, {{std::move(payload)}}, false);
}

std::optional<wire::GssApi> MainModeGss::first_token(auth::StepResult result) {
    auto token = std::get<GssInitiator>(session_.gss).first_token(*this, std::move(result));
    if (token) token = flagged(std::move(*token));
    return token;
}

void MainModeGss::succeeded() {
    if (auto failure = derive_keys()) return fail_main_mode(session_, host_, *failure);
    start_first_quick_mode(session_, host_);
}

void receive_gss(Session& session, Host& host, const std::vector<wire::Payload>& payloads) {
    if (auto wrong = check_payloads(payloads, {{wire::PayloadType::kGssApi}})) {
        return fail_main_mode(
            session, host,
            {Stage::kAuthentication, Reason::kMalformedPayload, ErrorCode::kInvalidPayload, *wrong});
    }
    const wire::GssApi& payload = *wire::find<wire::GssApi>(payloads);
    // A new exchange makes the keys of one that this side took for complete void.
    if (!session.initiator() && (payload.flags & wire::gss_flag::kNewGssExchange) != 0) session.keys.reset();
    MainModeGss(session, host).receive(payload);
}

void finish_step(Session& session, Host& host, auth::StepResult result) {
    if (session.extended && !std::holds_alternative<std::monostate>(session.extended->gss))
        return ExtendedModeGss(session, host).finish_step(std::move(result));
    if (std::holds_alternative<std::monostate>(session.gss)) return host.count(Reason::kStaleStep);
    MainModeGss gss(session, host);
    if (!session.initiator() || session.state != State::kStart) return gss.finish_step(std::move(result));
    const auto token = gss.first_token(std::move(result));
    send_first_message(session, host, token ? &*token : nullptr);
}

}  // namespace keyline::authip
