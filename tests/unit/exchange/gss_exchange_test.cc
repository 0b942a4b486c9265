// MS-AIPS figures 2 and 3, state by state, for both roles.
#include "authip/gss_exchange.h"

#include <gtest/gtest.h>

#include "simulation/scripted_method.h"

namespace keyline::authip {
namespace {

using auth::MethodId;
using simulation::Script;
using simulation::ScriptedMethod;
namespace flag = wire::gss_flag;

constexpr std::uint32_t kDenied = 0x8009030C;

class Environment final : public GssEnvironment {
  public:
    Environment(bool initiator, std::vector<Script> scripts) : initiator_(initiator) {
        for (Script& script : scripts)
            methods_.emplace_back(script, 1);
    }
    std::shared_ptr<auth::Context> new_context(MethodId id) override {
        for (ScriptedMethod& method : methods_) {
            if (method.id() == id) return initiator_ ? method.initiate({}) : method.accept({});
        }
        return nullptr;
    }
    void method_tried(MethodId id) override { tried.push_back(id); }
    void method_failed(MethodId, exchange::By by, std::uint32_t, const std::string&) override {
        failed_by.push_back(by);
    }

    std::vector<MethodId> tried;
    std::vector<exchange::By> failed_by;

  private:
    bool initiator_;
    std::vector<ScriptedMethod> methods_;
};

// Runs the steps that a move asks for until it is something else.
template <typename Side>
GssMove settle(Side& side, Environment& environment, GssMove move) {
    while (auto* step = std::get_if<GssRunStep>(&move)) {
        move = side.step_done(environment, step->context->step(step->input));
    }
    return move;
}

const wire::GssApi& sent(const GssMove& move) { return std::get<GssSend>(move).payload; }

const std::vector<MethodId> kBoth{MethodId::kKerberos, MethodId::kTls};

struct Conversation {
    Environment a;
    Environment b;
    GssInitiator initiator;
    GssResponder responder;

    Conversation(std::vector<Script> initiator_scripts, std::vector<Script> responder_scripts,
                 const std::vector<MethodId>& methods)
        : a(true, std::move(initiator_scripts)),
          b(false, std::move(responder_scripts)),
          initiator(methods),
          responder(methods) {
        move = settle(initiator, a, initiator.agreed(a, methods, nullptr));
    }

    // One round trip; the initiator's next move.
    void round_trip() {
        answer = settle(responder, b, responder.received(b, sent(move)));
        if (std::holds_alternative<GssSend>(answer))
            move = settle(initiator, a, initiator.received(a, sent(answer)));
    }

    GssMove move = GssDone{};
    GssMove answer = GssDone{};
};

TEST(GssExchangeTest, OneRoundTripEndsWithBothComplete) {
    Conversation talk({{}}, {{}}, {MethodId::kKerberos});
    EXPECT_EQ(sent(talk.move).flags, flag::kNewGssExchange);
    EXPECT_EQ(talk.initiator.state(), GssInitiator::State::kGssApiStarted);
    talk.round_trip();
    EXPECT_EQ(sent(talk.answer).flags, flag::kResponderAuthComplete);
    EXPECT_EQ(talk.responder.state(), GssResponder::State::kWaitForComplete);
    EXPECT_TRUE(std::holds_alternative<GssDone>(talk.move));
    EXPECT_TRUE(talk.initiator.result().secret == talk.responder.result().secret);
}

TEST(GssExchangeTest, OnlyTheFirstTokenIsNewAndOnlyTheLastComplete) {
    Conversation talk({{.round_trips = 3}}, {{.round_trips = 3}}, {MethodId::kKerberos});
    for (int round = 0; round < 2; ++round) {
        talk.round_trip();
        EXPECT_EQ(sent(talk.answer).flags, 0);
        EXPECT_EQ(sent(talk.move).flags, 0);
    }
    talk.round_trip();
    EXPECT_TRUE(std::holds_alternative<GssDone>(talk.move));
}

TEST(GssExchangeTest, FirstTokenThatCannotBeMadeIsAnnounced) {
    Conversation talk({{.initiator_fails_at = 1}, {.id = MethodId::kTls}}, {{}, {.id = MethodId::kTls}},
                      kBoth);
    EXPECT_EQ(talk.initiator.state(), GssInitiator::State::kLocalFirstFailure);
    EXPECT_EQ(sent(talk.move), (wire::GssApi{.status = kDenied, .flags = flag::kNewGssExchange}));
    talk.round_trip();
    EXPECT_EQ(sent(talk.answer), (wire::GssApi{.status = kDenied}));  // M6: the same status, empty
    EXPECT_EQ(sent(talk.move).flags, flag::kNewGssExchange);
    talk.round_trip();
    EXPECT_TRUE(std::holds_alternative<GssDone>(talk.move));
    EXPECT_EQ(talk.initiator.result().method, MethodId::kTls);
    EXPECT_EQ(talk.responder.result().method, MethodId::kTls);
}

TEST(GssExchangeTest, LaterLocalFailureGoesStraightToTheNextMethod) {
    Conversation talk({{.initiator_fails_at = 2}, {.id = MethodId::kTls}}, {{}, {.id = MethodId::kTls}},
                      kBoth);
    talk.round_trip();  // the responder is complete, the initiator fails on its answer
    EXPECT_EQ(sent(talk.move).flags, flag::kNewGssExchange);
    EXPECT_EQ(sent(talk.move).status, 0U);
    talk.round_trip();
    EXPECT_TRUE(std::holds_alternative<GssDone>(talk.move));
    EXPECT_EQ(talk.responder.result().method, MethodId::kTls);
}

TEST(GssExchangeTest, PeersFailureGoesToTheNextMethod) {
    Conversation talk({{}, {.id = MethodId::kTls}}, {{.acceptor_fails_at = 1}, {.id = MethodId::kTls}},
                      kBoth);
    talk.round_trip();
    EXPECT_EQ(sent(talk.answer), (wire::GssApi{.status = kDenied}));
    EXPECT_EQ(talk.a.failed_by, std::vector{exchange::By::kPeer});
    talk.round_trip();
    EXPECT_TRUE(std::holds_alternative<GssDone>(talk.move));
}

TEST(GssExchangeTest, ResponderThatFailsOnTheLastMethodDoesNotAnswer) {
    Conversation talk({{}}, {{.acceptor_fails_at = 1}}, {MethodId::kKerberos});
    talk.round_trip();
    EXPECT_TRUE(std::holds_alternative<GssFailed>(talk.answer));  // M7
    EXPECT_EQ(talk.responder.state(), GssResponder::State::kFail);
}

TEST(GssExchangeTest, InitiatorWithoutAnotherMethodFails) {
    Conversation talk({{.initiator_fails_at = 2}}, {{}}, {MethodId::kKerberos});
    talk.round_trip();
    EXPECT_TRUE(std::holds_alternative<GssFailed>(talk.move));
    EXPECT_EQ(talk.initiator.state(), GssInitiator::State::kFail);
}

TEST(GssExchangeTest, RetryStaysWithTheMethod) {
    Environment environment(false, {{}, {.id = MethodId::kTls}});
    GssResponder responder(kBoth);
    const Bytes token{'x', 0};
    settle(responder, environment,
           responder.received(environment, {.flags = flag::kNewGssExchange, .token = token}));
    const auto retry = static_cast<std::uint8_t>(flag::kNewGssExchange | flag::kRetryCurrentAuthentication);
    settle(responder, environment,
           responder.received(environment, {.status = kDenied, .flags = retry, .token = token}));
    EXPECT_EQ(environment.tried, (std::vector{MethodId::kKerberos, MethodId::kKerberos}));
    EXPECT_TRUE(responder.complete());
}

constexpr std::uint8_t kNewAndRetry = flag::kNewGssExchange | flag::kRetryCurrentAuthentication;

TEST(GssExchangeTest, ResponderAsksForAnotherCredentialOnItsLastMethodToo) {
    Conversation talk({{.credentials = 2, .bad_credentials = 1}}, {{.credentials = 2}},
                      {MethodId::kKerberos});
    talk.round_trip();
    EXPECT_EQ(sent(talk.answer),
              (wire::GssApi{.status = kDenied, .flags = flag::kRetryCurrentAuthentication}));
    EXPECT_EQ(sent(talk.move).status, kDenied);  // the responder's status comes back
    EXPECT_EQ(sent(talk.move).flags, kNewAndRetry);
    talk.round_trip();
    EXPECT_TRUE(std::holds_alternative<GssDone>(talk.move));
    EXPECT_EQ(talk.b.tried.size(), 2U);
}

TEST(GssExchangeTest, InitiatorAsksForAnotherCredentialWithStatusZero) {
    Conversation talk({{.credentials = 2}}, {{.credentials = 2, .bad_credentials = 1}},
                      {MethodId::kKerberos});
    talk.round_trip();
    EXPECT_EQ(sent(talk.move).status, 0U);
    EXPECT_EQ(sent(talk.move).flags, kNewAndRetry);
    talk.round_trip();
    EXPECT_TRUE(std::holds_alternative<GssDone>(talk.move));
    EXPECT_EQ(talk.a.failed_by, std::vector{exchange::By::kLocal});
}

TEST(GssExchangeTest, WithoutAnotherCredentialTheNextMethodIsTried) {
    const Script tls{.id = MethodId::kTls};
    Conversation talk({{.credentials = 2, .bad_credentials = 2}, tls}, {{.credentials = 2}, tls}, kBoth);
    for (int attempt = 0; attempt < 2; ++attempt) {
        talk.round_trip();
        EXPECT_EQ(sent(talk.answer).flags, flag::kRetryCurrentAuthentication);
    }
    EXPECT_EQ(sent(talk.move).flags, flag::kNewGssExchange);
    talk.round_trip();
    EXPECT_TRUE(std::holds_alternative<GssDone>(talk.move));
    EXPECT_EQ(talk.responder.result().method, MethodId::kTls);
}

TEST(GssExchangeTest, EitherSideAsksThreeTimesAtMost) {
    const Script many_bad{.credentials = 100, .bad_credentials = 100};
    Conversation at_responder({many_bad}, {{.credentials = 100}}, {MethodId::kKerberos});
    for (unsigned attempt = 0; attempt < kMaxRetries; ++attempt) {
        at_responder.round_trip();
        EXPECT_EQ(sent(at_responder.answer).flags, flag::kRetryCurrentAuthentication);
    }
    at_responder.round_trip();
    EXPECT_TRUE(std::holds_alternative<GssFailed>(at_responder.answer));

    Conversation at_initiator({{.credentials = 100}}, {many_bad}, {MethodId::kKerberos});
    for (unsigned attempt = 0; attempt < kMaxRetries; ++attempt) {
        at_initiator.round_trip();
        EXPECT_EQ(sent(at_initiator.move).flags, kNewAndRetry);
    }
    at_initiator.round_trip();
    EXPECT_TRUE(std::holds_alternative<GssFailed>(at_initiator.move));
}

TEST(GssExchangeTest, TokenBeforeAnyExchangeIsInvalid) {
    Environment environment(false, {{}});
    GssResponder responder({MethodId::kKerberos});
    EXPECT_TRUE(std::holds_alternative<GssInvalid>(responder.received(environment, {.token = {1}})));
}

TEST(GssExchangeTest, NewBeyondTheListFails) {
    Environment environment(false, {{}});
    GssResponder responder({MethodId::kKerberos});
    const wire::GssApi start{.flags = flag::kNewGssExchange, .token = {'x', 0}};
    settle(responder, environment, responder.received(environment, start));
    EXPECT_TRUE(std::holds_alternative<GssFailed>(responder.received(environment, start)));
}

TEST(GssExchangeTest, ThrottleEndsAnEndlessExchange) {
    Environment environment(false, {{.round_trips = 1000}});
    GssResponder responder({MethodId::kKerberos});
    GssMove move =
        settle(responder, environment,
               responder.received(environment, {.flags = flag::kNewGssExchange, .token = {'x', 0}}));
    unsigned rounds = 1;
    while (std::holds_alternative<GssSend>(move) && rounds < 100) {
        move = settle(responder, environment, responder.received(environment, {.token = {'x', 0}}));
        ++rounds;
    }
    EXPECT_TRUE(std::holds_alternative<GssFailed>(move));
    EXPECT_EQ(rounds, kMaxGssRoundTrips + 1);  // M16
}

TEST(GssExchangeTest, ThrottleEndsAnInitiatorsEndlessExchangeToo) {
    Environment environment(true, {{.round_trips = 1000}});
    GssInitiator initiator({MethodId::kKerberos});
    GssMove move =
        settle(initiator, environment, initiator.agreed(environment, {MethodId::kKerberos}, nullptr));
    unsigned sent_payloads = 0;
    while (std::holds_alternative<GssSend>(move) && sent_payloads < 100) {
        ++sent_payloads;
        move = settle(initiator, environment, initiator.received(environment, {.token = {'x', 0}}));
    }
    EXPECT_TRUE(std::holds_alternative<GssFailed>(move));
    EXPECT_EQ(initiator.state(), GssInitiator::State::kFail);
    EXPECT_EQ(sent_payloads, kMaxGssRoundTrips);
}

TEST(GssExchangeTest, InitiatorMayNeedMoreStepsThanTheResponder) {
    Conversation talk({{.round_trips = 3}}, {{}}, {MethodId::kKerberos});
    for (int round = 0; round < 2; ++round) {
        talk.round_trip();
        EXPECT_EQ(sent(talk.answer).flags, flag::kResponderAuthComplete);
        EXPECT_EQ(talk.responder.state(), GssResponder::State::kWaitForComplete);
        EXPECT_EQ(talk.initiator.state(), GssInitiator::State::kResponderComplete);
        EXPECT_FALSE(sent(talk.move).token.empty());
    }
    talk.round_trip();
    EXPECT_TRUE(std::holds_alternative<GssDone>(talk.move));
    EXPECT_EQ(talk.initiator.state(), GssInitiator::State::kDone);
}

TEST(GssExchangeTest, PeersFailureAfterItsCompletionGoesToTheNextMethod) {
    Conversation talk({{.round_trips = 3}, {.id = MethodId::kTls}}, {{}, {.id = MethodId::kTls}}, kBoth);
    talk.round_trip();
    ASSERT_EQ(talk.initiator.state(), GssInitiator::State::kResponderComplete);
    talk.move = settle(talk.initiator, talk.a, talk.initiator.received(talk.a, {.status = kDenied}));
    EXPECT_EQ(talk.a.failed_by, std::vector{exchange::By::kPeer});
    talk.round_trip();
    EXPECT_EQ(talk.initiator.result().method, MethodId::kTls);
    EXPECT_TRUE(std::holds_alternative<GssDone>(talk.move));
}

TEST(GssExchangeTest, ThrottleEndsTheWaitForAnInitiator) {
    Environment environment(false, {{}});
    GssResponder responder({MethodId::kKerberos});
    GssMove move =
        settle(responder, environment,
               responder.received(environment, {.flags = flag::kNewGssExchange, .token = {'x', 0}}));
    for (unsigned round = 1; round < kMaxGssRoundTrips; ++round) {
        ASSERT_EQ(responder.state(), GssResponder::State::kWaitForComplete);
        move = settle(responder, environment, responder.received(environment, {.token = {'x', 0}}));
        ASSERT_TRUE(std::holds_alternative<GssSend>(move));
    }
    move = settle(responder, environment, responder.received(environment, {.token = {'x', 0}}));
    EXPECT_TRUE(std::holds_alternative<GssFailed>(move));
    EXPECT_EQ(responder.state(), GssResponder::State::kFail);
}

TEST(GssExchangeTest, FailureReportIsAnsweredWithTheSameStatus) {
    Environment environment(false, {{.round_trips = 2}, {.id = MethodId::kTls}});
    GssResponder responder(kBoth);
    settle(responder, environment,
           responder.received(environment, {.flags = flag::kNewGssExchange, .token = {'x', 0}}));
    const GssMove answer = responder.received(environment, {.status = kDenied});
    EXPECT_EQ(sent(answer), (wire::GssApi{.status = kDenied}));
    EXPECT_EQ(environment.failed_by, std::vector{exchange::By::kPeer});
    EXPECT_EQ(responder.state(), GssResponder::State::kGssApiStarted);
    // Whatever comes before the next exchange gets the same answer.
    EXPECT_EQ(sent(responder.received(environment, {.token = {'x', 0}})), (wire::GssApi{.status = kDenied}));
}

TEST(GssExchangeTest, MethodThatIsNotConfiguredFailsLikeAnyOther) {
    Environment environment(true, {{.id = MethodId::kTls}});
    GssInitiator initiator(kBoth);
    const GssMove move = initiator.agreed(environment, kBoth, nullptr);
    EXPECT_EQ(initiator.state(), GssInitiator::State::kLocalFirstFailure);
    EXPECT_NE(sent(move).status, 0U);
}

TEST(GssExchangeTest, TokenInTheFirstMessageBelongsToItsFirstMethod) {
    Environment environment(true, {{}, {.id = MethodId::kTls}});
    GssInitiator initiator(kBoth);
    GssMove move = initiator.start_in_first_message(environment);
    auto& step = std::get<GssRunStep>(move);
    ASSERT_TRUE(initiator.first_token(environment, step.context->step(step.input)));
    // M9: the responder does not take Kerberos; the next exchange is the first of the agreed list.
    const wire::GssApi refused{.status = kDenied};
    const GssMove next =
        settle(initiator, environment, initiator.agreed(environment, {MethodId::kTls}, &refused));
    EXPECT_EQ(sent(next).flags, flag::kNewGssExchange);
    EXPECT_EQ(initiator.result().method, MethodId::kTls);
}

}  // namespace
}  // namespace keyline::authip
