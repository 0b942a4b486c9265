// What a responder refuses, in which state, with which code, and that nothing is left of it (interpretation
// F3-F8, M2-M5, Q2-Q4, S1-S9).
#include <gtest/gtest.h>

#include "simulation/pair.h"
#include "simulation/raw_peer.h"

namespace keyline::simulation {
namespace {

using exchange::Reason;
using wire::ExchangeType;
using wire::PayloadType;

constexpr auto kMainMode = ExchangeType::kAuthipMainMode;
constexpr auto kQuickMode = ExchangeType::kAuthipQuickMode;
constexpr auto kNotify = ExchangeType::kAuthipNotify;

class RefusalTest : public testing::Test {
  protected:
    RefusalTest() : world_(1), host_(make_host(world_)), peer_(world_, host_) {}

    static Host& make_host(World& world) {
        Wishes wishes;
        wishes.local = "10.0.0.2";
        wishes.remote = "10.0.0.1";
        return world.add_host("b", wishes.local, make_policy(wishes),
                              {std::make_shared<ScriptedMethod>(Script{}, 7)});
    }

    std::uint64_t count(Reason reason) const { return host_.keyer->counters()[reason]; }
    std::size_t main_modes() const { return host_.keyer->main_modes(world_.now()).size(); }

    // #1 with one thing changed is refused with this code, and nothing is kept.
    template <typename Change>
    void expect_first_refused(std::uint32_t code, Change change) {
        auto payloads = peer_.first_payloads();
        change(payloads);
        EXPECT_EQ(status_of(peer_.send_clear(kMainMode, 0, 0, payloads)), code);
        EXPECT_EQ(main_modes(), 0U);
    }
    template <typename Body>
    static void erase(std::vector<wire::Payload>& payloads) {
        std::erase_if(payloads,
                      [](const auto& payload) { return std::holds_alternative<Body>(payload.body); });
    }
    template <typename Body>
    static Body& body(std::vector<wire::Payload>& payloads) {
        for (auto& payload : payloads) {
            if (auto* found = std::get_if<Body>(&payload.body)) return *found;
        }
        throw std::logic_error("no such payload");
    }

    // #5 with one thing changed is refused; the SA goes with it (S9).
    template <typename Change>
    std::optional<wire::AuthipNotification> refuse_fifth(Change change) {
        EXPECT_TRUE(peer_.first_exchange() && peer_.authenticate());
        auto payloads = peer_.quick_mode_payloads(true);
        change(payloads);
        const auto replies = peer_.send_sealed(kMainMode, 0, 2, payloads);
        EXPECT_EQ(replies.size(), 1U);
        EXPECT_EQ(world_.installs(), 0U);
        EXPECT_EQ(main_modes(), 0U);
        if (replies.empty()) return std::nullopt;
        EXPECT_TRUE(replies[0].header.encrypted());
        return notify_of(replies);
    }
    static std::uint32_t code(const std::optional<wire::AuthipNotification>& notify) {
        return notify && notify->type == wire::notify::kStatus ? load_be32(notify->data.data()) : 0;
    }

    World world_;
    Host& host_;
    RawPeer peer_;
};

TEST_F(RefusalTest, CleanConversationSucceeds) {
    EXPECT_TRUE(peer_.establish());
    EXPECT_EQ(host_.datapath.inbound.size(), 1U);
    EXPECT_EQ(host_.datapath.outbound.size(), 1U);
}

TEST_F(RefusalTest, FirstMessage) {
    expect_first_refused(13843, [](auto& payloads) { erase<wire::Nonce>(payloads); });
    expect_first_refused(13843, [](auto& payloads) { payloads.push_back({wire::Nonce{Bytes(32)}}); });
    expect_first_refused(13843, [](auto& payloads) { body<wire::Nonce>(payloads).data.resize(7); });
    expect_first_refused(13843, [](auto& payloads) { body<wire::Nonce>(payloads).data.resize(257); });
    expect_first_refused(13843, [](auto& payloads) { erase<wire::Auth>(payloads); });
    expect_first_refused(13843, [](auto& payloads) { erase<wire::SecurityAssociation>(payloads); });
    expect_first_refused(13843, [](auto& payloads) { payloads.push_back({wire::Hash{Bytes(32)}}); });
    expect_first_refused(13843, [](auto& payloads) { payloads.push_back({wire::Signature{Bytes(32)}}); });
    expect_first_refused(13843, [](auto& payloads) {
        payloads.push_back({wire::Opaque{static_cast<PayloadType>(0x20), Bytes(4)}});
    });
    expect_first_refused(13868, [](auto& payloads) {
        for (auto& attribute :
             body<wire::SecurityAssociation>(payloads).proposals[0].transforms[0].attributes) {
            if (attribute.type == wire::ike_attribute::kHash) attribute.value = std::uint16_t{77};
        }
    });
    expect_first_refused(13822, [](auto& payloads) { payloads.push_back({wire::KeyExchange{Bytes(64)}}); });
    expect_first_refused(13822, [](auto& payloads) {
        for (auto& attribute :
             body<wire::SecurityAssociation>(payloads).proposals[0].transforms[0].attributes) {
            if (attribute.type == wire::ike_attribute::kGroupDescription) attribute.value = std::uint16_t{19};
        }
    });
    expect_first_refused(13801, [](auto& payloads) { body<wire::Auth>(payloads).methods = {{99, 0}}; });
    expect_first_refused(13801, [](auto& payloads) {
        body<wire::Auth>(payloads).methods = {{wire::auth_method::kAnonymous, 0}};  // M4: without a group
    });
    EXPECT_TRUE(peer_.establish());
}

TEST_F(RefusalTest, FirstMessageToleratesWhatItMust) {
    auto payloads = peer_.first_payloads();
    payloads.push_back({wire::Opaque{static_cast<PayloadType>(0xF1), Bytes(3)}});
    body<wire::Auth>(payloads).methods.insert(body<wire::Auth>(payloads).methods.begin(), {77, 0});
    EXPECT_EQ(peer_.send_clear(kMainMode, 0, 0, payloads).size(), 1U);
    EXPECT_EQ(main_modes(), 1U);
}

TEST_F(RefusalTest, FifthMessage) {
    EXPECT_EQ(code(refuse_fifth([](auto& payloads) { body<wire::Hash>(payloads).data[0] ^= 1; })), 13801U);
    EXPECT_EQ(count(Reason::kBadAuth), 1U);
}

TEST_F(RefusalTest, FifthMessageWithHashElsewhere) {
    EXPECT_EQ(code(refuse_fifth([](auto& payloads) { std::swap(payloads[0], payloads[1]); })), 13843U);
}

TEST_F(RefusalTest, FifthMessageWithoutNonce) {
    EXPECT_EQ(code(refuse_fifth([](auto& payloads) { erase<wire::Nonce>(payloads); })), 13843U);
}

TEST_F(RefusalTest, FifthMessageForOtherAddresses) {
    EXPECT_EQ(code(refuse_fifth([](auto& payloads) {
                  body<wire::Identification>(payloads).data = {10, 0, 0, 77};
              })),
              13869U);
}

TEST_F(RefusalTest, FifthMessageWithSmallSpi) {
    EXPECT_EQ(code(refuse_fifth([](auto& payloads) {
                  body<wire::SecurityAssociation>(payloads).proposals[0].spi = {0, 0, 0, 255};
              })),
              13843U);
}

TEST_F(RefusalTest, FifthMessageWithoutAcceptableProposal) {
    const auto notify = refuse_fifth([](auto& payloads) {
        body<wire::SecurityAssociation>(payloads).proposals[0].transforms[0].id = wire::esp_transform::kDes;
    });
    ASSERT_TRUE(notify);
    EXPECT_EQ(notify->type, wire::notify::kNoProposalChosen);  // S8
    EXPECT_EQ(notify->protocol_id, 2);
    EXPECT_EQ(notify->flags, wire::kReliableNotify);
    EXPECT_TRUE(notify->data.empty());
}

TEST_F(RefusalTest, LaterQuickModeFailsAlone) {
    ASSERT_TRUE(peer_.establish());
    auto payloads = peer_.quick_mode_payloads(false);
    body<wire::Identification>(payloads).data = {10, 0, 0, 77};
    EXPECT_EQ(status_of(peer_.send_sealed(kQuickMode, 0x1234, 0, payloads)), 13869U);
    EXPECT_EQ(main_modes(), 1U);
    // S1: the counter has not moved; the refused request's repetition is dropped, another one is taken.
    EXPECT_TRUE(peer_.send_sealed(kQuickMode, 0x1234, 0, payloads).empty());
    EXPECT_EQ(peer_.send_sealed(kQuickMode, 0x1235, 0, peer_.quick_mode_payloads(false)).size(), 1U);
    EXPECT_EQ(host_.datapath.inbound.size(), 2U);
}

TEST_F(RefusalTest, PeerMayNotChooseAnSpiTwice) {
    ASSERT_TRUE(peer_.establish());
    auto payloads = peer_.quick_mode_payloads(false);
    Bytes& spi = body<wire::SecurityAssociation>(payloads).proposals[0].spi;
    spi.clear();
    append_be32(spi, host_.datapath.outbound.begin()->first.first);
    EXPECT_EQ(status_of(peer_.send_sealed(kQuickMode, 0x1234, 0, payloads)), 13843U);
}

TEST_F(RefusalTest, LaterQuickModeMayNotHaveAHash) {
    ASSERT_TRUE(peer_.establish());
    EXPECT_EQ(status_of(peer_.send_sealed(kQuickMode, 0x1234, 0, peer_.quick_mode_payloads(true))), 13843U);
}

TEST_F(RefusalTest, QuickModeBeforeMainModeIsDone) {
    ASSERT_TRUE(peer_.first_exchange() && peer_.authenticate());
    EXPECT_EQ(status_of(peer_.send_sealed(kQuickMode, 0x1234, 0, peer_.quick_mode_payloads(false))), 13829U);
    EXPECT_EQ(world_.installs(), 0U);
}

TEST_F(RefusalTest, RepetitionsAreAnsweredAndDoNothingElse) {
    ASSERT_TRUE(peer_.establish());
    const std::size_t installs = world_.installs();
    const auto again = peer_.send_octets(peer_.last_datagram());
    ASSERT_EQ(again.size(), 1U);
    EXPECT_NE(wire::find<wire::Hash>(again[0].payloads), nullptr);
    EXPECT_EQ(world_.installs(), installs);
    EXPECT_EQ(count(Reason::kRetransmission), 1U);
}

TEST_F(RefusalTest, SynchronizeIsAnsweredAfterAFastQuickMode) {
    ASSERT_TRUE(peer_.establish());
    const auto replies = peer_.send_sealed(kQuickMode, 0, 0, RawPeer::synchronize());
    ASSERT_TRUE(notify_of(replies));
    EXPECT_EQ(notify_of(replies)->type, wire::notify::kQmSynchronize);
    EXPECT_EQ(status_of(peer_.send_sealed(kQuickMode, 0x77777, 1, RawPeer::synchronize())), 13829U);
}

TEST_F(RefusalTest, StaleAndEarlySequenceNumbersAreDropped) {
    ASSERT_TRUE(peer_.first_exchange());
    EXPECT_TRUE(peer_.send_clear(kMainMode, 0, 5, peer_.gss_payloads()).empty());
    EXPECT_EQ(count(Reason::kStale), 1U);
    EXPECT_TRUE(peer_.authenticate());
}

TEST_F(RefusalTest, DamagedEncryptedMessagesAreDroppedSilently) {
    ASSERT_TRUE(peer_.establish());
    Bytes damaged = peer_.last_datagram();
    damaged.back() ^= 1;
    EXPECT_TRUE(peer_.send_octets(damaged).empty());
    EXPECT_EQ(count(Reason::kBadIcv), 1U);
    EXPECT_EQ(main_modes(), 1U);
}

TEST_F(RefusalTest, EncryptedBeforeKeysIsDropped) {
    ASSERT_TRUE(peer_.first_exchange() && peer_.authenticate());
    const Bytes fifth = [&] {
        peer_.send_sealed(kMainMode, 0, 9, peer_.quick_mode_payloads(true));
        return peer_.last_datagram();
    }();
    Host& fresh = host_;
    world_.restart(fresh, false);
    EXPECT_TRUE(peer_.send_octets(fifth).empty());
    EXPECT_EQ(count(Reason::kUnknownSa) + count(Reason::kMalformedCrypto), 1U);
}

TEST_F(RefusalTest, ClearNotifyIsNotBelievedOnceKeysAreInUse) {
    ASSERT_TRUE(peer_.establish());
    peer_.send_clear(kNotify, 0x99, 0, RawPeer::status(1, 13801, false));
    EXPECT_EQ(count(Reason::kSpoofedNotify), 1U);
    EXPECT_EQ(main_modes(), 1U);
}

TEST_F(RefusalTest, ClearNotifyEndsAnUnfinishedMainMode) {
    ASSERT_TRUE(peer_.first_exchange());
    peer_.send_clear(kNotify, 0x99, 0, RawPeer::status(1, 13801, false));
    EXPECT_EQ(main_modes(), 0U);
    EXPECT_EQ(count(Reason::kRefusedByPeer), 1U);
}

TEST_F(RefusalTest, ReliableNotifyIsAcknowledgedOnceProcessedOnce) {
    ASSERT_TRUE(peer_.establish());
    const auto replies = peer_.send_sealed(kNotify, 0, 0, RawPeer::status(2, 13807, true));
    const auto ack = notify_of(replies);
    ASSERT_TRUE(ack);
    EXPECT_EQ(ack->type, wire::notify::kAck);
    EXPECT_EQ(ack->protocol_id, 2);
    EXPECT_EQ(ack->flags, 0);
    EXPECT_EQ(load_be32(ack->data.data()), 0U);
    EXPECT_EQ(replies[0].header.message_id, 0U);
    EXPECT_TRUE(host_.datapath.inbound.empty());
    const auto again = peer_.send_octets(peer_.last_datagram());
    EXPECT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].sequence, replies[0].sequence);  // the stored one
}

TEST_F(RefusalTest, DeletionOfTheMainModeLeavesQuickModesAlone) {
    ASSERT_TRUE(peer_.establish());
    EXPECT_EQ(notify_of(peer_.send_sealed(kNotify, 0x88, 0, RawPeer::status(1, 13807, true)))->type,
              wire::notify::kAck);
    EXPECT_EQ(host_.datapath.inbound.size(), 1U);  // MS-AIPS 3.1.5.1
    EXPECT_EQ(status_of(peer_.send_sealed(kQuickMode, 0x1234, 0, peer_.quick_mode_payloads(false))), 13829U);
    peer_.send_sealed(kNotify, 0, 1, RawPeer::status(2, 13807, true));
    EXPECT_TRUE(host_.datapath.inbound.empty());
    EXPECT_EQ(main_modes(), 0U);
}

TEST_F(RefusalTest, ExtendedModeTearsTheMainModeDown) {
    ASSERT_TRUE(peer_.establish());
    const auto replies = peer_.send_sealed(ExchangeType::kAuthipExtendedMode, 1, 0, {{wire::Auth{{{2, 0}}}}});
    EXPECT_EQ(status_of(replies), 13829U);  // Q8
    EXPECT_EQ(main_modes(), 0U);
}

TEST_F(RefusalTest, SilentInitiatorIsForgotten) {
    ASSERT_TRUE(peer_.first_exchange());
    world_.run(59s);
    EXPECT_EQ(main_modes(), 1U);
    world_.run(2s);
    EXPECT_EQ(main_modes(), 0U);
    EXPECT_EQ(host_.keyer->limits().incomplete, 0U);
}

}  // namespace
}  // namespace keyline::simulation
