// The Commit flag (RFC 2408 3.1): a responder that is driven by hand sets it in message 2 of quick mode, and
// tells later that its SA is connected.
#include <gtest/gtest.h>

#include "ikev1/message_io.h"
#include "keyer/engine.h"
#include "simulation/pair.h"
#include "simulation/reports.h"
#include "wire/parse.h"

namespace keyline::simulation {
namespace {

using wire::ExchangeType;

constexpr std::uint16_t kConnected = 16384;
constexpr std::size_t kFlags = 19;  // of the ISAKMP header
constexpr std::size_t kBlock = 16;  // AES

Wishes pre_shared_key() {
    return {.auth = {policy::AuthMethod::kPreSharedKey},
            .dh_groups = {policy::DhGroup::kEcp256},
            .protocols = {policy::Protocol::kIkev1}};
}

// In b's place, with b's policy and keys.
class CommittingResponder : public testing::Test {
  protected:
    CommittingResponder() : engine_(pair_.b.policy, pair_.b.methods, pair_.world.random()) {
        session_.name = {.id = 1,
                         .role = exchange::Role::kResponder,
                         .local = {pair_.b.address, 500},
                         .remote = {pair_.a.address, 500}};
        pair_.world.swallow = [this](const exchange::Send& message) {
            if (message.remote.address == pair_.b.address) take(message);
            return message.remote.address == pair_.b.address;
        };
        pair_.acquire_at_a();
        pair_.world.run(1s);
    }

    void take(const exchange::Send& message) {
        flush();  // the engine's clock
        const auto header = *wire::parse_header(message.data);
        const exchange::DatagramReceived datagram{message.remote, message.local, message.data};
        if (session_.state == ikev1::State::kStart) {
            session_.accept(engine_, datagram, header);
        } else {
            session_.receive(engine_, datagram, header);
        }
        if (header.exchange_type == ExchangeType::kQuickMode) {
            message_id_ = header.message_id;
            last_block_.assign(message.data.end() - kBlock, message.data.end());
        }
        flush();
    }

    void flush() {
        for (exchange::Action& action : engine_.handle(exchange::TimerExpired{}, pair_.world.now())) {
            auto* send = std::get_if<exchange::Send>(&action);
            if (send == nullptr) continue;
            if (wire::parse_header(send->data)->exchange_type == ExchangeType::kQuickMode)
                send->data.at(kFlags) |= wire::kFlagCommit;
            pair_.world.after(
                1ms, [this, send = *send] { pair_.world.deliver(send.local, send.remote, send.data); });
        }
    }

    void tell_connected(ExchangeType type, Bytes iv) {
        const std::vector<wire::Payload> notify{{wire::Notification{
            .protocol_id = wire::protocol::kEsp, .spi = {}, .type = kConnected, .data = {}}}};
        const Bytes hash = ikev1::message_hash(session_.key_context(), session_.keys->skeyid_a, message_id_,
                                               {}, ikev1::octets_of(notify));
        ikev1::send(
            session_, engine_,
            {.type = type, .message_id = message_id_, .payloads = ikev1::with_hash(hash, notify), .iv = &iv});
        flush();
        pair_.world.run(10ms);
    }

    std::size_t outbound_sas() const { return pair_.a.datapath.outbound.size(); }

    Pair pair_{pre_shared_key()};
    keyer::Engine engine_;
    ikev1::Session session_;
    std::uint32_t message_id_ = 0;
    Bytes last_block_;  // of the last quick mode message
};

TEST_F(CommittingResponder, NothingIsSentUntilItIsConnected) {
    EXPECT_EQ(pair_.a.datapath.inbound.size(), 1U);
    EXPECT_EQ(outbound_sas(), 0U);
}

TEST_F(CommittingResponder, AFourthMessageConnects) {
    tell_connected(ExchangeType::kQuickMode, last_block_);
    EXPECT_EQ(outbound_sas(), 1U);
}

TEST_F(CommittingResponder, AnInformationalExchangeConnects) {
    tell_connected(ExchangeType::kInformational,
                   ikev1::exchange_iv(session_.key_context(), session_.iv, message_id_));
    EXPECT_EQ(outbound_sas(), 1U);
}

TEST_F(CommittingResponder, TheFlagDelaysForOneIntervalAndNoMore) {
    pair_.world.run(2s);
    EXPECT_EQ(outbound_sas(), 1U);
    EXPECT_EQ(reports<exchange::QmEstablished>(pair_.a).size(), 1U);
}

}  // namespace
}  // namespace keyline::simulation
