// AuthIP and IKEv1 with one peer: both first messages, and which protocol goes on (MS-AIPS 3.2.4, 3.3.5.2;
// interpretation M13).
#include <gtest/gtest.h>

#include <algorithm>

#include "simulation/pair.h"
#include "simulation/reports.h"
#include "wire/build.h"
#include "wire/parse.h"

namespace keyline::simulation {
namespace {

using exchange::Reason;
using policy::AuthMethod;
using policy::Protocol;
using wire::Dialect;

Wishes speaking(std::vector<Protocol> protocols) {
    return {.auth = {AuthMethod::kKerberos, AuthMethod::kPreSharedKey},
            .dh_groups = {policy::DhGroup::kNone, policy::DhGroup::kEcp256},
            .protocols = std::move(protocols)};
}

const std::vector kAuthip{Protocol::kAuthip};
const std::vector kIkev1{Protocol::kIkev1};
const std::vector kBoth{Protocol::kAuthip, Protocol::kIkev1};

PairWishes with_peer(std::vector<Protocol> peer) {
    return {.a = speaking(kBoth),
            .b = speaking(std::move(peer)),
            .a_methods = {Script{}},
            .b_methods = {Script{}}};
}

std::vector<exchange::MmSnapshot> main_modes(const Pair& pair, const Host& host) {
    return host.keyer->main_modes(pair.world.now());
}

// Host a's one main mode SA, of this dialect, with one quick mode under it.
void expect_established(Pair& pair, Dialect dialect) {
    const auto sas = reports<exchange::MmEstablished>(pair.a);
    ASSERT_EQ(sas.size(), 1U);
    EXPECT_EQ(sas.at(0).method,
              dialect == Dialect::kIkev1 ? auth::MethodId::kPreSharedKey : auth::MethodId::kKerberos);
    EXPECT_EQ(pair.a.datapath.outbound.size(), 1U);
    EXPECT_EQ(pair.b.datapath.outbound.size(), 1U);
    EXPECT_EQ(main_modes(pair, pair.a).size(), 1U);
    EXPECT_TRUE(reports<exchange::NegotiationFailed>(pair.a).empty());
}

void expect_one(Pair& pair, Dialect dialect) {
    expect_established(pair, dialect);
    pair.check_rest();
}

TEST(CoexistenceTest, BothFirstMessagesAreSentAndIkev1sSaysSo) {
    Pair pair(both(speaking(kBoth)));
    pair.acquire_at_a();
    pair.world.run(5s);
    const auto sent = reports<exchange::MessageSent>(pair.a);
    ASSERT_GE(sent.size(), 2U);
    EXPECT_EQ(sent.at(0).exchange_type, static_cast<std::uint8_t>(wire::ExchangeType::kAuthipMainMode));
    EXPECT_EQ(sent.at(1).exchange_type, static_cast<std::uint8_t>(wire::ExchangeType::kMainMode));
    EXPECT_EQ(sent.at(1).payloads, "SA, VID ×6");
    EXPECT_EQ(pair.b.keyer->counters()[Reason::kAuthipPreferred], 1U);
    expect_one(pair, Dialect::kAuthip);
}

TEST(CoexistenceTest, APeerOfIkev1AloneIsServedAtOnce) {
    Pair pair(with_peer(kIkev1));
    pair.acquire_at_a();
    pair.world.run(1s);
    expect_one(pair, Dialect::kIkev1);
}

TEST(CoexistenceTest, APeerOfAuthipAloneDropsIkev1sMessage) {
    Pair pair(with_peer(kAuthip));
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_EQ(pair.b.keyer->counters()[Reason::kUnknownExchange], 1U);
    expect_one(pair, Dialect::kAuthip);
}

TEST(CoexistenceTest, APeerThatBeginsWithIkev1AloneIsAnswered) {
    Pair pair(with_peer(kIkev1));
    pair.acquire_at_b();
    pair.world.run(5s);
    expect_one(pair, Dialect::kIkev1);
}

TEST(CoexistenceTest, TheOrderInPolicyDoesNotMatter) {
    PairWishes wishes = with_peer({Protocol::kIkev1, Protocol::kAuthip});
    wishes.a.protocols = wishes.b.protocols;
    Pair pair(wishes);
    pair.acquire_at_a();
    pair.world.run(5s);
    expect_one(pair, Dialect::kAuthip);
}

// A responder that does not know "MS-MamieExists" answers both, IKEv1's message first.
class AnswersBoth : public testing::Test {
  protected:
    AnswersBoth() : pair_(with_peer(kBoth)) {
        pair_.world.swallow = [this](const exchange::Send& message) {
            const auto header = *wire::parse_header(message.data);
            if (is_first_of_ikev1(header)) {
                without_vendor_ids(message, header);
                return true;
            }
            if (message.local.address != pair_.b.address || header.dialect() != Dialect::kAuthip)
                return false;
            ++authip_answers_;
            return authip_answers_ <= late_;
        };
    }

    static bool is_first_of_ikev1(const wire::Header& header) {
        return header.exchange_type == wire::ExchangeType::kMainMode &&
               header.responder_cookie == wire::Cookie{};
    }

    void without_vendor_ids(const exchange::Send& message, const wire::Header& header) {
        auto payloads = *wire::parse_payloads(ByteView(message.data).subspan(wire::kHeaderSize),
                                              header.next_payload, Dialect::kIkev1, wire::kHeaderSize);
        payloads.resize(1);
        pair_.world.after(1ms, [this, message, data = *wire::build_plain_message(header, payloads)] {
            pair_.world.deliver(message.local, message.remote, data);
        });
    }

    Pair pair_;
    unsigned late_ = 0;  // AuthIP's answers that are lost
    unsigned authip_answers_ = 0;
};

TEST_F(AnswersBoth, AuthipWins) {
    pair_.acquire_at_a();
    pair_.world.run(70s);
    expect_one(pair_, Dialect::kAuthip);
}

TEST_F(AnswersBoth, Ikev1GoesOnWhenAuthipsAnswerIsLate) {
    late_ = 1;
    pair_.acquire_at_a();
    pair_.world.run(1s);
    expect_established(pair_, Dialect::kIkev1);
}

TEST(CoexistenceTest, NobodyAnswersEither) {
    Pair pair(with_peer(kBoth));
    pair.world.swallow = [&](const exchange::Send& message) {
        return message.local.address == pair.b.address;
    };
    pair.world.give(pair.a, exchange::AdminUp{.request = 7, .peer = pair.b.address});
    pair.world.run(200s);
    const auto done = reports<exchange::AdminDone>(pair.a);
    ASSERT_EQ(done.size(), 1U);
    EXPECT_FALSE(done.at(0).ok);
    EXPECT_NE(done.at(0).text.find("AuthIP"), std::string::npos) << done.at(0).text;
    EXPECT_NE(done.at(0).text.find("IKEv1"), std::string::npos) << done.at(0).text;
    EXPECT_TRUE(main_modes(pair, pair.a).empty());
}

}  // namespace
}  // namespace keyline::simulation
