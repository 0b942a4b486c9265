#include "authip/extended_mode_gss.h"

#include <utility>

#include "authip/extended_mode.h"
#include "authip/teardown.h"
#include "base/overloaded.h"

namespace keyline::authip {
namespace {

using exchange::Host;
using exchange::Reason;
using exchange::Stage;

// M10, M14. Policy names hosts: to a responder, a user has any name.
auth::PeerNames peer_names(const Session& session, auth::MethodId method) {
    const ExtendedMode& extended = *session.extended;
    auth::PeerNames peer{.announced = extended.announced_peer.empty() ? session.announced_peer
                                                                      : extended.announced_peer};
    if (session.initiator() || !extended.impersonation)
        peer.wanted = session.pad.name_for(static_cast<policy::AuthMethod>(method));
    return peer;
}

void send_gss(Session& session, Host& host, wire::GssApi payload) {
    const auto type = wire::ExchangeType::kAuthipExtendedMode;
    bool sent = false;
    if (session.initiator()) {
        if (session.extended->impersonation) payload.flags |= wire::gss_flag::kImpersonationActive;
        session.state = State::kExtendedModeGssApiRequestSent;
        sent = send_request(session, host, type, kExtendedModeMessageId, {{std::move(payload)}}, true);
    } else {
        sent = send_answer(session, host, type, kExtendedModeMessageId, {{std::move(payload)}}, true);
    }
    if (sent) return;
    fail_main_mode(
        session, host,
        {Stage::kExtendedMode, Reason::kNoMethod, ErrorCode::kError, "a token too long for a datagram"});
}

}  // namespace

std::shared_ptr<auth::Context> ExtendedModeGss::new_context(auth::MethodId id) {
    auth::Method* method = host_.method(id);
    if (method == nullptr) return nullptr;
    const auth::PeerNames peer = peer_names(session_, id);
    if (!session_.initiator()) return method->accept(peer);
    return session_.extended->impersonation ? method->initiate_as(session_.impersonation_handle, peer)
                                            : method->initiate(peer);
}

void ExtendedModeGss::method_tried(auth::MethodId method) {
    host_.report(exchange::MethodTried{.mm = session_.name, .method = method, .extended_mode = true});
}

void ExtendedModeGss::method_failed(auth::MethodId method, exchange::By by, std::uint32_t status,
                                    const std::string& why) {
    session_.failed_methods.push_back({.mm = session_.name,
                                       .method = method,
                                       .by = by,
                                       .status = status,
                                       .reason = why,
                                       .extended_mode = true});
    host_.report(session_.failed_methods.back());
}

void apply_extended(Session& session, Host& host, GssMove move) {
    std::visit(Overloaded{[&](GssRunStep& step) {
                              host.start_step(session, std::move(step.context), std::move(step.input));
                          },
                          [&](GssSend& send) { send_gss(session, host, std::move(send.payload)); },
                          [&](GssDone&) { send_final_request(session, host); },
                          [&](GssFailed& failed) {
                              fail_main_mode(session, host,
                                             {Stage::kExtendedMode, Reason::kNoMethod, ErrorCode::kAuthFail,
                                              std::move(failed.why)});
                          },
                          [&](GssInvalid& invalid) {
                              fail_main_mode(session, host, untimely_extended(std::move(invalid.why)));
                          }},
               move);
}

void finish_extended_mode_step(Session& session, Host& host, auth::StepResult result) {
    ExtendedModeGss environment(session, host);
    auto& gss = session.extended->gss;
    if (auto* responder = std::get_if<GssResponder>(&gss)) {
        return apply_extended(session, host, responder->step_done(environment, std::move(result)));
    }
    apply_extended(session, host, std::get<GssInitiator>(gss).step_done(environment, std::move(result)));
}

std::optional<Failure> take_extended_result(Session& session, GssResult& result) {
    const std::string wanted = peer_names(session, result.method).wanted;
    if (!wanted.empty() && !result.peer.empty() && result.peer != wanted) {
        return Failure{Stage::kExtendedMode, Reason::kNoMethod, ErrorCode::kAuthFail,
                       "the peer proved to be \"" + result.peer + "\", but policy wants \"" + wanted +
                           "\"; correct the peer's name in [[peer]]"};
    }
    Secret dh_secret;
    if (session.dh) {
        auto secret = session.dh->compute(session.peer_public_value);
        if (!secret) {
            return Failure{Stage::kExtendedMode, Reason::kBadKe, ErrorCode::kDhFail,
                           crypto::to_string(secret.error())};
        }
        dh_secret = std::move(*secret);
    }
    ExtendedMode& extended = *session.extended;
    extended.skeyid_em = derive_skeyid_em(session.key_context(), {.initiator_nonce = session.initiator_nonce,
                                                                  .responder_nonce = session.responder_nonce,
                                                                  .dh_secret = dh_secret.view(),
                                                                  .gss_secret = result.secret.view()});
    extended.method = result.method;
    extended.proved_peer = result.peer;
    return std::nullopt;
}

Bytes extended_proof(const Session& session, exchange::Role of) {
    const Secret& skeyid = session.keys->skeyid;
    const ByteView chain = session.transcript.value();
    const ByteView extended_chain = session.extended->transcript.value();
    const Secret& skeyid_em = session.extended->skeyid_em;
    const crypto::HashAlgorithm hash = session.hash();
    if (of == exchange::Role::kInitiator)
        return auth3(hash, skeyid_em, extended_chain, auth1(hash, skeyid, chain));
    return auth4(hash, skeyid_em, extended_chain, auth2(hash, skeyid, chain));
}

Failure invalid_extended(std::string text) {
    return {Stage::kExtendedMode, Reason::kMalformedPayload, ErrorCode::kInvalidPayload, std::move(text)};
}

Failure untimely_extended(std::string text) {
    return {Stage::kExtendedMode, Reason::kWrongState, ErrorCode::kProcessing, std::move(text)};
}

}  // namespace keyline::authip
