#include "authip/session_gss.h"

#include <algorithm>
#include <utility>

#include "authip/teardown.h"
#include "base/overloaded.h"

namespace keyline::authip {

using exchange::Reason;

std::shared_ptr<auth::Context> SessionGss::new_context(auth::MethodId id) {
    auth::Method* method = host_.method(id);
    if (method == nullptr) return nullptr;
    auth::PeerNames peer = peer_names(id);
    if (!session_.initiator()) {
        peer.user = credentials_.any();
        return method->accept(peer);
    }
    if (!credentials_.any()) return method->initiate(peer);
    return method->initiate_as({.uid = credentials_.impersonation ? session_.impersonation_handle : 0,
                                .credentials = credentials_.name},
                               peer);
}

void SessionGss::method_tried(auth::MethodId method) {
    host_.report(
        exchange::MethodTried{.mm = session_.name, .method = method, .extended_mode = in_extended_mode()});
}

void SessionGss::method_failed(auth::MethodId method, exchange::By by, std::uint32_t status,
                               const std::string& why) {
    session_.failed_methods.push_back({.mm = session_.name,
                                       .method = method,
                                       .by = by,
                                       .status = status,
                                       .reason = why,
                                       .extended_mode = in_extended_mode()});
    host_.report(session_.failed_methods.back());
}

void SessionGss::fail(Reason reason, ErrorCode code, std::string text) {
    fail_main_mode(session_, host_, {stage_, reason, code, std::move(text)});
}

void SessionGss::apply(GssMove move) {
    std::visit(Overloaded{[&](GssRunStep& step) {
                              host_.start_step(session_, std::move(step.context), std::move(step.input));
                          },
                          [&](GssSend& message) {
                              if (send(std::move(message.payload))) return;
                              fail(Reason::kNoMethod, ErrorCode::kError, "a token too long for a datagram");
                          },
                          [&](GssDone&) { succeeded(); },
                          [&](GssFailed& failed) {
                              fail(Reason::kNoMethod, ErrorCode::kAuthFail, std::move(failed.why));
                          },
                          [&](GssInvalid& invalid) {
                              fail(Reason::kWrongState, ErrorCode::kProcessing, std::move(invalid.why));
                          }},
               move);
}

void SessionGss::receive(const wire::GssApi& payload) {
    if (auto* initiator = std::get_if<GssInitiator>(&exchange_))
        return apply(initiator->received(*this, payload));
    const auto has = [&](std::uint8_t flag) { return (payload.flags & flag) != 0; };
    // Each attempt says anew whose credentials it uses.
    if (has(wire::gss_flag::kNewGssExchange)) credentials_ = {};
    credentials_.impersonation |= has(wire::gss_flag::kImpersonationActive);
    credentials_.explicit_credentials |= has(wire::gss_flag::kExplicitCredentials);
    apply(std::get<GssResponder>(exchange_).received(*this, payload));
}

wire::GssApi SessionGss::flagged(wire::GssApi payload) const {
    if (credentials_.impersonation) payload.flags |= wire::gss_flag::kImpersonationActive;
    if (credentials_.explicit_credentials) payload.flags |= wire::gss_flag::kExplicitCredentials;
    return payload;
}

void SessionGss::finish_step(auth::StepResult result) {
    if (auto* responder = std::get_if<GssResponder>(&exchange_))
        return apply(responder->step_done(*this, std::move(result)));
    apply(std::get<GssInitiator>(exchange_).step_done(*this, std::move(result)));
}

// A method that proves nothing of this peer (anonymous; one-way from its other side) is not in use where
// policy names it (method_list.h).
std::optional<std::string> SessionGss::refusal_of(const GssResult& result) const {
    const std::string wanted = peer_names(result.method).wanted;
    if (!wanted.empty() && !result.peer.empty() && result.peer != wanted) {
        return "the peer proved to be \"" + result.peer + "\", but policy wants \"" + wanted +
               "\"; correct the peer's name in [[peer]]";
    }
    if (session_.initiator() || !credentials_.any()) return std::nullopt;
    if (result.peer.empty()) {
        return "the peer says that it is a user, and " + auth::to_string(result.method) +
               " has proved nobody";
    }
    if (credentials_.explicit_credentials && !permits_explicit_credentials()) {
        return "\"" + result.peer +
               "\" came by explicit credentials; the peer's explicit_credentials permits them";
    }
    const std::vector<std::string>& users = session_.pad.users;
    if (!users.empty() && std::ranges::find(users, result.peer) == users.end())
        return "\"" + result.peer + "\" is none of the peer's users; see users of its [[peer]]";
    return std::nullopt;
}

std::expected<Secret, Failure> SessionGss::accept(const GssResult& result) const {
    if (auto refusal = refusal_of(result)) {
        return std::unexpected(Failure{stage_, Reason::kNoMethod, ErrorCode::kAuthFail, std::move(*refusal)});
    }
    if (!session_.dh) return Secret();
    auto secret = session_.dh->compute(session_.peer_public_value);
    if (!secret) {
        return std::unexpected(
            Failure{stage_, Reason::kBadKe, ErrorCode::kDhFail, crypto::to_string(secret.error())});
    }
    return std::move(*secret);
}

}  // namespace keyline::authip
