// MS-AIPS 3.8, 3.9: GSS-API round trips inside main mode, and the keys that come of them.
#include "authip/main_mode_gss.h"

#include <utility>

#include "authip/extended_mode.h"
#include "authip/main_mode.h"
#include "authip/quick_mode.h"
#include "authip/teardown.h"
#include "base/overloaded.h"
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

// The method has succeeded here: who the peer is, and the keys.
std::optional<Failure> derive_keys(Session& session, Host& host) {
    GssResult& result = result_of(session);
    // A method that proves nothing of this peer (anonymous; one-way from its other side) was allowed as such.
    const std::string& wanted = session.pad.name_for(static_cast<policy::AuthMethod>(result.method));
    if (!wanted.empty() && !result.peer.empty() && result.peer != wanted) {
        return Failure{Stage::kAuthentication, Reason::kNoMethod, ErrorCode::kAuthFail,
                       "the peer proved to be \"" + result.peer + "\", but policy wants \"" + wanted +
                           "\"; correct the peer's name in [[peer]]"};
    }
    Secret dh_secret;
    if (session.dh) {
        auto secret = session.dh->compute(session.peer_public_value);
        if (!secret) {
            return Failure{Stage::kMainMode, Reason::kBadKe, ErrorCode::kDhFail,
                           crypto::to_string(secret.error())};
        }
        dh_secret = std::move(*secret);
    }
    auto keys = derive_mm_keys(session.key_context(), {.initiator_nonce = session.initiator_nonce,
                                                       .responder_nonce = session.responder_nonce,
                                                       .dh_secret = dh_secret.view(),
                                                       .gss_secret = result.secret.view()});
    if (!keys) return Failure{Stage::kMainMode, Reason::kBadKe, ErrorCode::kError, to_string(keys.error())};
    session.keys = std::move(*keys);
    session.method = result.method;
    session.proved_peer = result.peer;
    export_keys(session, host);
    return std::nullopt;
}

void send_gss(Session& session, Host& host, const wire::GssApi& payload) {
    if (!session.initiator()) {
        if (std::get<GssResponder>(session.gss).complete() && !session.has_keys()) {
            if (auto failure = derive_keys(session, host)) return fail_main_mode(session, host, *failure);
        }
        const bool sent =
            session.state == State::kStart
                ? send_second_message(session, host, &payload)
                : send_answer(session, host, wire::ExchangeType::kAuthipMainMode, 0, {{payload}}, false);
        if (sent) return;
    } else {
        session.state = State::kGssApiRequestSent;
        if (send_request(session, host, wire::ExchangeType::kAuthipMainMode, 0, {{payload}}, false)) return;
    }
    fail_main_mode(
        session, host,
        {Stage::kAuthentication, Reason::kNoMethod, ErrorCode::kError, "a token too long for a datagram"});
}

}  // namespace

std::shared_ptr<auth::Context> MainModeGss::new_context(auth::MethodId id) {
    auth::Method* method = host_.method(id);
    if (method == nullptr) return nullptr;
    const auth::PeerNames peer{.wanted = session_.pad.name_for(static_cast<policy::AuthMethod>(id)),
                               .announced = session_.announced_peer};
    return session_.initiator() ? method->initiate(peer) : method->accept(peer);
}

void MainModeGss::method_tried(auth::MethodId method) {
    host_.report(exchange::MethodTried{session_.name, method});
}

void MainModeGss::method_failed(auth::MethodId method, exchange::By by, std::uint32_t status,
                                const std::string& why) {
    session_.failed_methods.push_back({session_.name, method, by, status, why});
    host_.report(session_.failed_methods.back());
}

void apply(Session& session, Host& host, GssMove move) {
    std::visit(Overloaded{[&](GssRunStep& step) {
                              host.start_step(session, std::move(step.context), std::move(step.input));
                          },
                          [&](GssSend& send) { send_gss(session, host, send.payload); },
                          [&](GssDone&) {
                              if (auto failure = derive_keys(session, host))
                                  return fail_main_mode(session, host, *failure);
                              start_first_quick_mode(session, host);
                          },
                          [&](GssFailed& failed) {
                              fail_main_mode(session, host,
                                             {Stage::kAuthentication, Reason::kNoMethod, ErrorCode::kAuthFail,
                                              failed.why});
                          },
                          [&](GssInvalid& invalid) {
                              fail_main_mode(session, host,
                                             {Stage::kAuthentication, Reason::kWrongState,
                                              ErrorCode::kProcessing, invalid.why});
                          }},
               move);
}

void receive_gss(Session& session, Host& host, const std::vector<wire::Payload>& payloads) {
    if (auto wrong = check_payloads(payloads, {{wire::PayloadType::kGssApi}})) {
        return fail_main_mode(
            session, host,
            {Stage::kAuthentication, Reason::kMalformedPayload, ErrorCode::kInvalidPayload, *wrong});
    }
    const wire::GssApi& payload = *wire::find<wire::GssApi>(payloads);
    MainModeGss environment(session, host);
    if (auto* initiator = std::get_if<GssInitiator>(&session.gss)) {
        return apply(session, host, initiator->received(environment, payload));
    }
    if ((payload.flags & wire::gss_flag::kExplicitCredentials) != 0 && !session.pad.explicit_credentials_mm) {
        return fail_main_mode(session, host,
                              {Stage::kAuthentication, Reason::kNoMethod, ErrorCode::kAuthFail,
                               "the peer uses explicit credentials; its explicit_credentials permits them"});
    }
    // A new exchange makes the keys of one that this side took for complete void.
    if ((payload.flags & wire::gss_flag::kNewGssExchange) != 0) session.keys.reset();
    apply(session, host, std::get<GssResponder>(session.gss).received(environment, payload));
}

void finish_step(Session& session, Host& host, auth::StepResult result) {
    if (session.extended && !std::holds_alternative<std::monostate>(session.extended->gss))
        return finish_extended_mode_step(session, host, std::move(result));
    MainModeGss environment(session, host);
    if (auto* responder = std::get_if<GssResponder>(&session.gss)) {
        return apply(session, host, responder->step_done(environment, std::move(result)));
    }
    auto* initiator = std::get_if<GssInitiator>(&session.gss);
    if (initiator == nullptr) return host.count(Reason::kStaleStep);
    if (session.state == State::kStart) {
        const auto token = initiator->first_token(environment, std::move(result));
        return send_first_message(session, host, token ? &*token : nullptr);
    }
    apply(session, host, initiator->step_done(environment, std::move(result)));
}

}  // namespace keyline::authip
