#include "authip/session_gss.h"

#include <utility>

#include "authip/teardown.h"
#include "base/overloaded.h"

namespace keyline::authip {

using exchange::Reason;

std::shared_ptr<auth::Context> SessionGss::new_context(auth::MethodId id) {
    auth::Method* method = host_.method(id);
    if (method == nullptr) return nullptr;
    const auth::PeerNames peer = peer_names(id);
    if (!session_.initiator()) return method->accept(peer);
    return impersonates() ? method->initiate_as(session_.impersonation_handle, peer) : method->initiate(peer);
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

void SessionGss::finish_step(auth::StepResult result) {
    if (auto* responder = std::get_if<GssResponder>(&exchange_))
        return apply(responder->step_done(*this, std::move(result)));
    apply(std::get<GssInitiator>(exchange_).step_done(*this, std::move(result)));
}

std::expected<Secret, Failure> SessionGss::accept(const GssResult& result) const {
    // A method that proves nothing of this peer (anonymous; one-way from its other side) was allowed as such.
    const std::string wanted = peer_names(result.method).wanted;
    if (!wanted.empty() && !result.peer.empty() && result.peer != wanted) {
        return std::unexpected(Failure{stage_, Reason::kNoMethod, ErrorCode::kAuthFail,
                                       "the peer proved to be \"" + result.peer + "\", but policy wants \"" +
                                           wanted + "\"; correct the peer's name in [[peer]]"});
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
