#include "authip/gss_exchange.h"

#include <optional>
#include <utility>

namespace keyline::authip {
namespace {

using exchange::By;

constexpr std::uint32_t kSecEUnsupportedFunction = 0x80090302;

std::string exhausted() { return "no authentication method is left to try"; }
std::string throttled() { return "more than 32 GSS-API round trips"; }

}  // namespace

GssMove GssInitiator::start_in_first_message(GssEnvironment& environment) {
    sent_in_first_ = true;
    return select_next(environment);
}

std::optional<wire::GssApi> GssInitiator::first_token(GssEnvironment& environment, auth::StepResult result) {
    GssMove move = step_done(environment, std::move(result));
    if (state_ == State::kGssApiStarted) return std::move(std::get<GssSend>(move).payload);
    sent_in_first_ = false;
    return std::nullopt;
}

GssMove GssInitiator::agreed(GssEnvironment& environment, std::vector<auth::MethodId> methods,
                             const wire::GssApi* answer) {
    // M9: a responder that does not take the method of #1's token says so with a status.
    const bool taken = sent_in_first_ && answer != nullptr && methods.front() == methods_.front();
    methods_ = std::move(methods);
    next_ = taken ? 1 : 0;
    if (taken) return received(environment, *answer);
    return select_next(environment);
}

GssMove GssInitiator::select_next(GssEnvironment& environment) {
    state_ = State::kInitiator;
    if (next_ == methods_.size()) {
        state_ = State::kFail;
        return GssFailed{exhausted()};
    }
    result_ = {.method = methods_[next_++]};
    opening_ = {.flags = wire::gss_flag::kNewGssExchange};
    own_retries_ = 0;
    complete_ = false;
    state_ = State::kGssApiStarted;
    environment.method_tried(result_.method);
    context_ = environment.new_context(result_.method);
    if (context_ == nullptr) {
        return step_done(environment,
                         {.status = kSecEUnsupportedFunction, .failure = "the method is not configured"});
    }
    return GssRunStep{context_, {}};
}

GssMove GssInitiator::step_done(GssEnvironment& environment, auth::StepResult result) {
    if (result.status != 0) {
        environment.method_failed(result_.method, By::kLocal, result.status, result.failure);
        const bool nothing_sent = opening_ && opening_->flags == wire::gss_flag::kNewGssExchange;
        if (nothing_sent) {
            state_ = State::kLocalFirstFailure;
            return send({.status = result.status, .flags = wire::gss_flag::kNewGssExchange});
        }
        state_ = State::kLocalFail;
        if (++own_retries_ > kMaxRetries) return select_next(environment);
        return retry(environment, auth::Retry::kPeerCredential, 0);
    }
    if (result.complete) {
        complete_ = true;
        result_.secret = std::move(result.secret);
        result_.peer = std::move(result.peer);
        if (state_ == State::kResponderComplete && result.token.empty()) {
            state_ = State::kDone;
            return GssDone{};
        }
    }
    wire::GssApi payload = std::exchange(opening_, std::nullopt).value_or(wire::GssApi{});
    payload.token = std::move(result.token);
    return send(std::move(payload));
}

GssMove GssInitiator::received(GssEnvironment& environment, const wire::GssApi& payload) {
    if (state_ == State::kLocalFirstFailure) return select_next(environment);
    if (payload.status != 0) {
        environment.method_failed(result_.method, By::kPeer, payload.status, "");
        state_ = State::kPeerFail;
        const bool again = (payload.flags & wire::gss_flag::kRetryCurrentAuthentication) != 0;
        return again ? retry(environment, auth::Retry::kOwnCredential, payload.status)
                     : select_next(environment);
    }
    if ((payload.flags & wire::gss_flag::kResponderAuthComplete) != 0) state_ = State::kResponderComplete;
    if (!complete_) return GssRunStep{context_, {payload.token}};
    if (state_ == State::kResponderComplete) {
        state_ = State::kDone;
        return GssDone{};
    }
    return send({});
}

GssMove GssInitiator::retry(GssEnvironment& environment, auth::Retry retry, std::uint32_t status) {
    context_ = context_ == nullptr ? nullptr : context_->retry(retry);
    if (context_ == nullptr) return select_next(environment);
    opening_ = {.status = status,
                .flags = wire::gss_flag::kNewGssExchange | wire::gss_flag::kRetryCurrentAuthentication};
    complete_ = false;
    state_ = State::kGssApiStarted;
    environment.method_tried(result_.method);
    return GssRunStep{context_, {}};
}

GssMove GssInitiator::send(wire::GssApi payload) {
    if (++round_trips_ > kMaxGssRoundTrips) {
        state_ = State::kFail;
        return GssFailed{throttled()};
    }
    return GssSend{std::move(payload)};
}

GssMove GssResponder::received(GssEnvironment& environment, const wire::GssApi& payload) {
    if (++round_trips_ > kMaxGssRoundTrips) {
        state_ = State::kFail;
        return GssFailed{throttled()};
    }
    const bool starts = (payload.flags & wire::gss_flag::kNewGssExchange) != 0;
    const bool retries = (payload.flags & wire::gss_flag::kRetryCurrentAuthentication) != 0;
    if (!starts && state_ == State::kStart) return GssInvalid{"a GSS-API token outside of any exchange"};
    if (starts) {
        const bool again = retries && next_ > 0;
        if (!again && next_ == methods_.size()) {
            state_ = State::kFail;
            return GssFailed{exhausted()};
        }
        if (!again) {
            ++next_;
            retries_asked_ = 0;
            context_.reset();
        }
        result_ = {.method = methods_[next_ - 1]};
        state_ = State::kGssApiStarted;
        failure_ = 0;
    }
    // M8: the status of an initiator that retries is its answer to ours, not a failure.
    if (payload.status != 0 && !(starts && retries)) {
        environment.method_failed(result_.method, By::kPeer, payload.status, "");
        state_ = State::kGssApiStarted;
        return answer_failure(payload.status);
    }
    if (starts) {
        environment.method_tried(result_.method);
        // A retry with a status answers ours: the initiator shows another credential. Without, it wants one
        // of ours.
        const auto retry = payload.status != 0 ? auth::Retry::kPeerCredential : auth::Retry::kOwnCredential;
        if (context_ != nullptr) context_ = context_->retry(retry);
        if (context_ == nullptr) context_ = environment.new_context(result_.method);
        if (context_ == nullptr) {
            return step_done(environment,
                             {.status = kSecEUnsupportedFunction, .failure = "the method is not configured"});
        }
    }
    if (complete()) return GssSend{{.flags = wire::gss_flag::kResponderAuthComplete}};
    if (failure_ != 0) return answer_failure(failure_);
    return GssRunStep{context_, {payload.token}};
}

GssMove GssResponder::step_done(GssEnvironment& environment, auth::StepResult result) {
    if (result.status != 0) {
        environment.method_failed(result_.method, By::kLocal, result.status, result.failure);
        const bool again = result.retry && ++retries_asked_ <= kMaxRetries;
        if (again) return answer_failure(result.status, wire::gss_flag::kRetryCurrentAuthentication);
        if (next_ == methods_.size()) {  // M7
            state_ = State::kFail;
            return GssFailed{exhausted()};
        }
        return answer_failure(result.status);
    }
    if (!result.complete) return GssSend{{.token = std::move(result.token)}};
    result_.secret = std::move(result.secret);
    result_.peer = std::move(result.peer);
    state_ = State::kWaitForComplete;
    return GssSend{{.flags = wire::gss_flag::kResponderAuthComplete, .token = std::move(result.token)}};
}

GssMove GssResponder::answer_failure(std::uint32_t status, std::uint8_t flags) {
    failure_ = status;
    return GssSend{{.status = status, .flags = flags}};
}

}  // namespace keyline::authip
