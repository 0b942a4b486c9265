// The GSS-API round trips with authentication retry (MS-AIPS 3.1 figures 2 and 3, 3.8, 3.9; interpretation
// items 14, 15, 17, M6-M9, M16), apart from how their payloads travel: main mode carries them in clear,
// extended mode encrypted.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "auth/method.h"
#include "exchange/report.h"
#include "wire/payloads.h"

namespace keyline::authip {

inline constexpr unsigned kMaxGssRoundTrips = 32;  // M16, "throttle"
inline constexpr unsigned kMaxRetries = 3;         // of one method, at one side's wish (M8)

// What the exchange needs of its main or extended mode.
class GssEnvironment {
  public:
    virtual ~GssEnvironment() = default;
    // A fresh context; null when the method is not configured any more.
    virtual std::shared_ptr<auth::Context> new_context(auth::MethodId method) = 0;
    virtual void method_tried(auth::MethodId method) = 0;
    virtual void method_failed(auth::MethodId method, exchange::By by, std::uint32_t status,
                               const std::string& why) = 0;
};

// What is to be done next.
struct GssRunStep {
    std::shared_ptr<auth::Context> context;
    auth::StepInput input;
};
struct GssSend {
    wire::GssApi payload;
};
// Both sides are done (initiator only: a responder learns it from what follows).
struct GssDone {};
// All methods have failed, or the throttle was hit: NOTIFY_STATUS, and the SA is deleted.
struct GssFailed {
    std::string why;
};
// The payload has no place in this state: an Invalid Message.
struct GssInvalid {
    std::string why;
};
using GssMove = std::variant<GssRunStep, GssSend, GssDone, GssFailed, GssInvalid>;

// What a finished method gave.
struct GssResult {
    auth::MethodId method = auth::MethodId::kKerberos;
    Secret secret;
    std::string peer;
};

// Figure 2/3, initiator. Its caller has at most one step running and at most one request outstanding.
class GssInitiator {
  public:
    enum class State : std::uint8_t {
        kInitiator,
        kGssApiStarted,
        kResponderComplete,
        kLocalFirstFailure,
        kLocalFail,
        kPeerFail,
        kDone,
        kFail
    };

    // `offered` is #1's Auth list, not empty.
    explicit GssInitiator(std::vector<auth::MethodId> offered) : methods_(std::move(offered)) {}

    // The first token of the first method of #1's list, to go into #1 (item 14, M9). After its step,
    // `first_token` is the payload for #1; none when the token could not be made.
    GssMove start_in_first_message(GssEnvironment& environment);
    std::optional<wire::GssApi> first_token(GssEnvironment& environment, auth::StepResult result);

    // #2 has come with the responder's list, and, if #1 had a token, its answer.
    GssMove agreed(GssEnvironment& environment, std::vector<auth::MethodId> methods,
                   const wire::GssApi* answer);

    GssMove step_done(GssEnvironment& environment, auth::StepResult result);
    GssMove received(GssEnvironment& environment, const wire::GssApi& payload);

    State state() const { return state_; }
    // After GssDone.
    GssResult& result() { return result_; }

  private:
    GssMove select_next(GssEnvironment& environment);
    // M8: the method in use again with another credential, else the next one.
    GssMove retry(GssEnvironment& environment, auth::Retry retry, std::uint32_t status);
    GssMove send(wire::GssApi payload);

    State state_ = State::kInitiator;
    std::vector<auth::MethodId> methods_;
    std::size_t next_ = 0;  // index of the method after the one in use
    std::shared_ptr<auth::Context> context_;
    std::optional<wire::GssApi> opening_;  // what the attempt's first token goes out in, until it has
    bool complete_ = false;                // this side's context is
    bool sent_in_first_ = false;
    unsigned own_retries_ = 0;  // of the method in use
    unsigned round_trips_ = 0;
    GssResult result_;
};

// Figure 2/3, responder.
class GssResponder {
  public:
    enum class State : std::uint8_t { kStart, kGssApiStarted, kWaitForComplete, kFail };

    // `methods` is #2's Auth list, not empty.
    explicit GssResponder(std::vector<auth::MethodId> methods) : methods_(std::move(methods)) {}

    GssMove received(GssEnvironment& environment, const wire::GssApi& payload);
    GssMove step_done(GssEnvironment& environment, auth::StepResult result);

    State state() const { return state_; }
    // This side's context is complete: the answer that carries GSS_RESPONDER_AUTH_COMPLETE is about to be
    // sent, or was.
    bool complete() const { return state_ == State::kWaitForComplete; }
    GssResult& result() { return result_; }

  private:
    GssMove answer_failure(std::uint32_t status, std::uint8_t flags = 0);

    State state_ = State::kStart;
    std::vector<auth::MethodId> methods_;
    std::size_t next_ = 0;
    std::shared_ptr<auth::Context> context_;
    std::uint32_t failure_ = 0;   // status of the method in use, once it has failed
    unsigned retries_asked_ = 0;  // for the method in use
    unsigned round_trips_ = 0;
    GssResult result_;
};

}  // namespace keyline::authip
