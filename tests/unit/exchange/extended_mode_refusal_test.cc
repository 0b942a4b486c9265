// What a responder refuses in extended mode, in which state, with which code, and that main mode and quick
// mode go with it (MS-AIPS 3.7.5.1, 3.7.5.2, 3.7.7.1; interpretation items 9, 10, F1, Q8).
#include <gtest/gtest.h>

#include "exchange/quick_mode.h"
#include "simulation/policies.h"
#include "simulation/raw_peer.h"

namespace keyline::simulation {
namespace {

using exchange::Reason;
using Payloads = std::vector<wire::Payload>;

constexpr auto kExtendedMode = wire::ExchangeType::kAuthipExtendedMode;

class ExtendedModeRefusalTest : public testing::Test {
  protected:
    ExtendedModeRefusalTest() : world_(1), host_(make_host(world_)), peer_(world_, host_) {}

    static Host& make_host(World& world) {
        Wishes wishes;
        wishes.local = "10.0.0.2";
        wishes.remote = "10.0.0.1";
        wishes.extended_auth = {policy::AuthMethod::kKerberos};
        return world.add_host("b", wishes.local, make_policy(wishes),
                              {std::make_shared<ScriptedMethod>(Script{}, 7)});
    }

    std::uint64_t count(Reason reason) const { return host_.keyer->counters()[reason]; }

    void expect_torn_down(const std::vector<RawPeer::Reply>& replies, std::uint32_t code) {
        ASSERT_FALSE(replies.empty());
        EXPECT_EQ(status_of({replies.front()}), code);
        EXPECT_TRUE(host_.keyer->main_modes(world_.now()).empty());
        EXPECT_TRUE(host_.datapath.inbound.empty());
        EXPECT_TRUE(host_.datapath.outbound.empty());
    }

    World world_;
    Host& host_;
    RawPeer peer_;
};

TEST_F(ExtendedModeRefusalTest, WellFormedOneSucceeds) {
    ASSERT_TRUE(peer_.establish());
    EXPECT_TRUE(host_.datapath.inbound.empty());
    const auto final_request = peer_.extend(wire::gss_flag::kImpersonationActive);
    ASSERT_TRUE(final_request);
    const auto replies = peer_.send_extended(2, *final_request);
    ASSERT_EQ(replies.size(), 1U);
    EXPECT_NE(wire::find<wire::Hash>(replies[0].payloads), nullptr);
    EXPECT_EQ(replies[0].header.message_id, 1U);
    ASSERT_EQ(host_.datapath.outbound.size(), 1U);
    EXPECT_TRUE(exchange::is_peer_user(host_.datapath.outbound.begin()->second.impersonation_handle));
}

TEST_F(ExtendedModeRefusalTest, RepetitionsGetTheStoredAnswer) {
    ASSERT_TRUE(peer_.establish());
    const auto final_request = peer_.extend();
    ASSERT_TRUE(final_request);
    EXPECT_EQ(peer_.send_extended(2, *final_request).size(), 1U);
    EXPECT_EQ(peer_.send_octets(peer_.last_datagram()).size(), 1U);
    EXPECT_EQ(count(Reason::kRetransmission), 1U);
    EXPECT_TRUE(peer_.send_extended(7, *final_request).empty());
    EXPECT_EQ(count(Reason::kStale), 1U);
    EXPECT_EQ(host_.datapath.inbound.size(), 1U);
}

TEST_F(ExtendedModeRefusalTest, DroppedSilently) {
    ASSERT_TRUE(peer_.establish());
    EXPECT_TRUE(peer_.send_clear(kExtendedMode, 1, 0, RawPeer::methods_payloads()).empty());
    EXPECT_EQ(count(Reason::kNotEncrypted), 1U);
    (void)peer_.send_sealed(kExtendedMode, 1, 5, RawPeer::methods_payloads());
    EXPECT_EQ(count(Reason::kStale), 1U);
    Bytes altered = peer_.last_datagram();
    altered.back() ^= 1;
    EXPECT_TRUE(peer_.send_octets(altered).empty());
    EXPECT_EQ(count(Reason::kBadIcv), 1U);
    EXPECT_TRUE(peer_.extend());
}

TEST_F(ExtendedModeRefusalTest, BeforeTheFirstQuickMode) {
    ASSERT_TRUE(peer_.first_exchange() && peer_.authenticate());
    expect_torn_down(peer_.send_extended(0, RawPeer::methods_payloads()), 13829);
}

TEST_F(ExtendedModeRefusalTest, Twice) {
    ASSERT_TRUE(peer_.establish());
    const auto final_request = peer_.extend();
    ASSERT_TRUE(final_request);
    EXPECT_EQ(peer_.send_extended(2, *final_request).size(), 1U);
    EXPECT_EQ(status_of(peer_.send_extended(3, RawPeer::methods_payloads())), 13829U);
    EXPECT_TRUE(host_.keyer->main_modes(world_.now()).empty());
}

struct Bad {
    const char* what;
    Payloads payloads;
    std::uint32_t code;
};

TEST_F(ExtendedModeRefusalTest, ProposedMethods) {
    const Payloads good = RawPeer::methods_payloads();
    const Bad cases[] = {
        {"missing", {{wire::VendorId{Bytes(16)}}}, 13843},
        {"doubled", {good[0], good[0]}, 13843},
        {"with a token", {good[0], {wire::GssApi{}}}, 13843},
        {"unknown", {{wire::Auth{{{99, 0}}}}}, 13801},
        {"anonymous", {{wire::Auth{{{wire::auth_method::kAnonymous, 0}}}}}, 13801},
        {"none", {{wire::Auth{}}}, 13801},
    };
    for (const Bad& bad : cases) {
        SCOPED_TRACE(bad.what);
        RawPeer peer(world_, host_, 11 + static_cast<std::uint64_t>(&bad - cases));
        ASSERT_TRUE(peer.establish());
        expect_torn_down(peer.send_extended(0, bad.payloads), bad.code);
    }
    EXPECT_EQ(count(Reason::kMalformedPayload), 3U);
    EXPECT_EQ(count(Reason::kNoMethod), 3U);
}

TEST_F(ExtendedModeRefusalTest, MessageId) {
    ASSERT_TRUE(peer_.establish());
    expect_torn_down(peer_.send_extended(0, RawPeer::methods_payloads(), 77), 13843);
}

TEST_F(ExtendedModeRefusalTest, Tokens) {
    const Bad cases[] = {
        {"missing", {{wire::VendorId{Bytes(16)}}}, 13843},
        {"doubled", {{wire::GssApi{.flags = 1}}, {wire::GssApi{.flags = 1}}}, 13843},
        {"outside of an exchange", {{wire::GssApi{.token = Bytes(20)}}}, 13829},
        {"a failure of the only method", {{wire::GssApi{.status = 0x8009030C, .flags = 1}}}, 0},
        {"the proof too early", {{wire::Hash{Bytes(32)}}}, 13829},
    };
    for (const Bad& bad : cases) {
        SCOPED_TRACE(bad.what);
        RawPeer peer(world_, host_, 21 + static_cast<std::uint64_t>(&bad - cases));
        ASSERT_TRUE(peer.establish());
        ASSERT_EQ(peer.send_extended(0, RawPeer::methods_payloads()).size(), 1U);
        const auto replies = peer.send_extended(1, bad.payloads);
        if (bad.code != 0) {
            expect_torn_down(replies, bad.code);
            continue;
        }
        // It is answered by the same status, and then nothing is left to try.
        ASSERT_EQ(replies.size(), 1U);
        EXPECT_EQ(wire::find<wire::GssApi>(replies[0].payloads)->status, 0x8009030CU);
        expect_torn_down(peer.send_extended(2, {{wire::GssApi{.flags = 1}}}), 13801);
    }
}

// MS-AIPS 2.2.3.1: a responder's flag, and bits without a meaning, are ignored.
TEST_F(ExtendedModeRefusalTest, FlagsOfTheOtherSide) {
    ASSERT_TRUE(peer_.establish());
    const auto final_request = peer_.extend(wire::gss_flag::kResponderAuthComplete | 0xE0);
    ASSERT_TRUE(final_request);
    EXPECT_EQ(peer_.send_extended(2, *final_request).size(), 1U);
    EXPECT_EQ(host_.datapath.outbound.size(), 1U);
}

// M16.
TEST_F(ExtendedModeRefusalTest, TokensWithoutEnd) {
    ASSERT_TRUE(peer_.establish());
    ASSERT_EQ(peer_.send_extended(0, RawPeer::methods_payloads()).size(), 1U);
    std::vector<RawPeer::Reply> replies;
    std::uint32_t sent = 0;
    do {
        const auto flags = static_cast<std::uint8_t>(wire::gss_flag::kNewGssExchange |
                                                     wire::gss_flag::kRetryCurrentAuthentication);
        replies = peer_.send_extended(++sent, {{wire::GssApi{.flags = flags, .token = Bytes(4000)}}});
    } while (replies.size() == 1 && status_of(replies) == 0 && sent < 100);
    EXPECT_EQ(sent, 33U);
    expect_torn_down(replies, 13801);
}

TEST_F(ExtendedModeRefusalTest, WrongProof) {
    ASSERT_TRUE(peer_.establish());
    auto final_request = peer_.extend();
    ASSERT_TRUE(final_request);
    std::get<wire::Hash>(final_request->front().body).data[0] ^= 1;
    expect_torn_down(peer_.send_extended(2, *final_request), 13801);
    EXPECT_EQ(count(Reason::kBadAuth), 1U);
}

// MS-AIPS 3.7.5.2: the PAD permits explicit credentials, or the connection fails.
TEST_F(ExtendedModeRefusalTest, ExplicitCredentials) {
    ASSERT_TRUE(peer_.establish());
    const auto final_request = peer_.extend(wire::gss_flag::kExplicitCredentials);
    ASSERT_TRUE(final_request);
    expect_torn_down(peer_.send_extended(2, *final_request), 13801);

    auto policy = std::make_shared<policy::Policy>(*host_.policy);
    policy->peers = {{.name = "peer",
                      .addresses = {Prefix::host(*IpAddress::parse("10.0.0.1"))},
                      .explicit_credentials_em = true}};
    world_.change_policy(host_, policy);
    RawPeer peer(world_, host_, 31);
    ASSERT_TRUE(peer.establish());
    const auto permitted = peer.extend(wire::gss_flag::kExplicitCredentials);
    ASSERT_TRUE(permitted);
    EXPECT_EQ(peer.send_extended(2, *permitted).size(), 1U);
    EXPECT_EQ(host_.datapath.outbound.size(), 1U);
}

}  // namespace
}  // namespace keyline::simulation
