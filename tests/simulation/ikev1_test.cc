// IKEv1 on a clean network: what is sent, in which order, and what comes of it (RFC 2409 5.4, 5.5).
#include <gtest/gtest.h>

#include <algorithm>

#include "simulation/pair.h"
#include "wire/build.h"
#include "wire/parse.h"

namespace keyline::simulation {
namespace {

using exchange::Reason;
using policy::DhGroup;
using Ladder = std::vector<std::string>;

Wishes pre_shared_key() {
    return {.auth = {policy::AuthMethod::kPreSharedKey},
            .dh_groups = {DhGroup::kEcp256},
            .protocols = {policy::Protocol::kIkev1}};
}

template <typename Kind>
std::vector<Kind> reports(const Host& host) {
    std::vector<Kind> found;
    for (const exchange::Report& report : host.reports) {
        if (const auto* kind = std::get_if<Kind>(&report)) found.push_back(*kind);
    }
    return found;
}

std::size_t established(const Host& host) { return reports<exchange::MmEstablished>(host).size(); }

bool sent_informational(const Host& host, const std::string& payloads) {
    return std::ranges::any_of(reports<exchange::MessageSent>(host), [&](const auto& sent) {
        return sent.number == 0 && sent.payloads == payloads;
    });
}

TEST(Ikev1Test, MainAndQuickModeTakeNineMessages) {
    Pair pair(pre_shared_key());
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_EQ(pair.sent_payloads(),
              (Ladder{"#1 SA, VID ×5", "#2 SA, VID ×5", "#3 KE, Ni, NATD ×2", "#4 KE, Nr, NATD ×2",
                      "#5* IDii, HASH_I, N(INITIAL-CONTACT)", "#6* IDir, HASH_R, N(INITIAL-CONTACT)",
                      "#7* HASH, SA, Ni, IDci, IDcr", "#8* HASH, SA, Nr, IDci, IDcr", "#9* HASH"}));
    ASSERT_EQ(established(pair.a), 1U);
    ASSERT_EQ(established(pair.b), 1U);
    EXPECT_EQ(reports<exchange::MmEstablished>(pair.a).at(0).peer, "10.0.0.2");
    EXPECT_EQ(reports<exchange::MmEstablished>(pair.b).at(0).peer, "10.0.0.1");
    EXPECT_EQ(pair.a.datapath.outbound.size(), 1U);
    EXPECT_EQ(pair.b.datapath.outbound.size(), 1U);
    pair.check_rest();
}

TEST(Ikev1Test, PerfectForwardSecrecyExchangesPublicValuesOnceMore) {
    Wishes wishes = pre_shared_key();
    wishes.pfs = DhGroup::kEcp256;
    wishes.tunnel = true;
    Pair pair(wishes);
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_EQ(pair.sent_payloads().at(6), "#7* HASH, SA, Ni, KE, IDci, IDcr");
    EXPECT_TRUE(reports<exchange::QmEstablished>(pair.b).at(0).pfs);
    EXPECT_EQ(pair.a.datapath.outbound.size(), 1U);
    pair.check_rest();
}

TEST(Ikev1Test, OverIpv6) {
    Pair pair(pre_shared_key(), 1, "2001:db8::1", "2001:db8::2");
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_EQ(pair.b.datapath.outbound.size(), 1U);
    pair.check_rest();
}

TEST(Ikev1Test, AResponderStartsQuickModesUnderTheSameMainMode) {
    Wishes wishes = pre_shared_key();
    wishes.per_port = true;
    Pair pair(wishes);
    pair.acquire_at_a(80);
    pair.world.run(5s);
    pair.acquire_at_b(81);
    pair.world.run(5s);
    EXPECT_EQ(established(pair.a), 1U);
    EXPECT_EQ(established(pair.b), 1U);
    EXPECT_EQ(pair.a.datapath.outbound.size(), 2U);
    EXPECT_EQ(pair.b.datapath.outbound.size(), 2U);
    pair.check_rest();
}

TEST(Ikev1Test, DifferingKeysLeaveTheProofUnreadable) {
    PairWishes wishes = both(pre_shared_key());
    wishes.b_keys = "10.0.0.1 another secret";
    Pair pair(wishes);
    pair.acquire_at_a();
    pair.world.run(200s);
    EXPECT_EQ(established(pair.a) + established(pair.b), 0U);
    EXPECT_GT(pair.b.keyer->counters()[Reason::kUnreadable], 0U);
    const auto failed = reports<exchange::NegotiationFailed>(pair.a);
    ASSERT_EQ(failed.size(), 1U);
    EXPECT_NE(failed.at(0).text.find("compare the pre-shared keys"), std::string::npos) << failed.at(0).text;
    pair.check_rest();
}

TEST(Ikev1Test, APeerWithoutAKeyIsToldSo) {
    PairWishes wishes = both(pre_shared_key());
    wishes.b_keys = "10.9.9.9 of somebody else";
    Pair pair(wishes);
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_TRUE(sent_informational(pair.b, "N(AUTHENTICATION-FAILED)"));
    EXPECT_EQ(pair.b.keyer->counters()[Reason::kNoMethod], 1U);
    EXPECT_EQ(pair.a.keyer->counters()[Reason::kRefusedByPeer], 1U);
    pair.check_rest();
}

TEST(Ikev1Test, NoCommonGroupIsRefused) {
    PairWishes wishes = both(pre_shared_key());
    wishes.b.dh_groups = {DhGroup::kEcp384};
    Pair pair(wishes);
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_TRUE(sent_informational(pair.b, "N(NO-PROPOSAL-CHOSEN)"));
    EXPECT_EQ(pair.b.keyer->counters()[Reason::kNoMmProposal], 1U);
    EXPECT_EQ(pair.a.keyer->counters()[Reason::kRefusedByPeer], 1U);
    pair.check_rest();
}

TEST(Ikev1Test, QuickModeWithoutACommonSuiteIsRefusedAndMainModeLives) {
    PairWishes wishes = both(pre_shared_key());
    wishes.b.suites = {{policy::Encryption::kAesCbc, 32, policy::Integrity::kHmacSha256_128}};
    Pair pair(wishes);
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_EQ(pair.b.keyer->counters()[Reason::kNoQmProposal], 1U);
    EXPECT_EQ(pair.a.keyer->counters()[Reason::kRefusedByPeer], 1U);
    EXPECT_EQ(pair.a.keyer->main_modes(pair.world.now()).size(), 1U);
    pair.check_rest();
}

TEST(Ikev1Test, APeerThatPolicyKeepsToAuthipIsDropped) {
    PairWishes wishes = both(pre_shared_key());
    wishes.b.protocols = {policy::Protocol::kAuthip};
    Pair pair(wishes);
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_GT(pair.b.keyer->counters()[Reason::kUnknownExchange], 0U);
    EXPECT_TRUE(pair.b.keyer->main_modes(pair.world.now()).empty());
}

TEST(Ikev1Test, AnAdministratorsDeletionReachesThePeer) {
    Pair pair(pre_shared_key());
    pair.acquire_at_a();
    pair.world.run(5s);
    pair.world.give(pair.a, exchange::AdminDown{1, pair.b.address});
    pair.world.run(5s);
    EXPECT_TRUE(sent_informational(pair.a, "HASH, Ni, D"));
    EXPECT_TRUE(pair.b.datapath.outbound.empty());
    EXPECT_TRUE(pair.b.keyer->main_modes(pair.world.now()).empty());
    pair.check_rest();
}

TEST(Ikev1Test, AnAlteredMessageIsDroppedAndTheRepetitionTaken) {
    Pair pair(pre_shared_key());
    unsigned altered = 0;
    pair.world.swallow = [&](const exchange::Send& message) {
        constexpr std::size_t kFlags = 19;
        const bool first_encrypted = message.data.at(kFlags) == wire::kFlagEncryption && altered == 0;
        if (!first_encrypted) return false;
        ++altered;
        Bytes data = message.data;
        data.at(wire::kHeaderSize) ^= 1;
        pair.world.deliver(message.local, message.remote, std::move(data));
        return true;
    };
    pair.acquire_at_a();
    pair.world.run(10s);
    EXPECT_EQ(altered, 1U);
    EXPECT_EQ(pair.a.datapath.outbound.size(), 1U);
    EXPECT_EQ(pair.b.datapath.outbound.size(), 1U);
    pair.check_rest();
}

// Anybody who hears the first message could send one.
TEST(Ikev1Test, AClearDeleteDeletesNothing) {
    Pair pair(pre_shared_key());
    unsigned forged = 0;
    pair.world.tap = [&](const exchange::Send& message) {
        const auto header = wire::parse_header(message.data);
        if (header->exchange_type != wire::ExchangeType::kMainMode || header->encrypted()) return;
        ++forged;
        Bytes cookies(header->initiator_cookie.begin(), header->initiator_cookie.end());
        append(cookies, header->responder_cookie);
        const std::vector<wire::Payload> payloads{
            {wire::Nonce{Bytes(32)}},
            {wire::Delete{
                .protocol_id = wire::protocol::kIsakmp, .spi_size = 16, .spis = std::move(cookies)}}};
        wire::Header false_header{.initiator_cookie = header->initiator_cookie,
                                  .responder_cookie = header->responder_cookie,
                                  .exchange_type = wire::ExchangeType::kInformational,
                                  .message_id = forged};
        const Bytes data = *wire::build_plain_message(false_header, payloads);
        pair.world.after(1ms, [&pair, message, data] {
            pair.world.deliver(message.remote, message.local, data);
            pair.world.deliver(message.local, message.remote, data);
        });
    };
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_EQ(forged, 4U);
    EXPECT_GE(pair.a.keyer->counters()[Reason::kNotEncrypted], 3U);
    EXPECT_EQ(established(pair.a), 1U);
    EXPECT_EQ(pair.a.datapath.outbound.size(), 1U);
    pair.check_rest();
}

// RFC 2407 4.6.3.1. The shorter lifetime is that of both.
TEST(Ikev1Test, AResponderTellsItsShorterLifetime) {
    Wishes longer = pre_shared_key();
    longer.lifetime = {.soft_time = 3600s, .hard_time = 7200s, .hard_octets = 1 << 30};
    Wishes shorter = pre_shared_key();
    shorter.lifetime = {.soft_time = 800s, .hard_time = 1000s};
    Pair pair(PairWishes{.a = longer, .b = shorter, .a_methods = {Script{}}, .b_methods = {Script{}}});
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_EQ(pair.sent_payloads().at(7), "#8* HASH, SA, Nr, IDci, IDcr, N(RESPONDER-LIFETIME)");
    for (const Host* host : {&pair.a, &pair.b})
        EXPECT_EQ(host->datapath.outbound.begin()->second.lifetime.hard_time, 1000s);
    pair.check_rest();
}

TEST(Ikev1Test, EveryMessageMayComeTwice) {
    Pair pair(pre_shared_key());
    pair.world.network().repetition = 1;
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_EQ(established(pair.a), 1U);
    EXPECT_EQ(established(pair.b), 1U);
    EXPECT_EQ(pair.a.datapath.outbound.size(), 1U);
    EXPECT_TRUE(reports<exchange::NegotiationFailed>(pair.a).empty());
    pair.check_rest();
}

// RFC 2409 appendix A, life type kilobytes: the quick modes live on, and the next one has another main mode.
TEST(Ikev1Test, KilobytesUnderItsKeyEndAMainMode) {
    Wishes wishes = pre_shared_key();
    wishes.lifetime = {.soft_time = 100s, .hard_time = 200s};
    Wishes limited = wishes;
    limited.mm_lifetime_octets = 2048;
    for (const bool by_initiator : {true, false}) {
        Pair pair(PairWishes{.a = by_initiator ? limited : wishes,
                             .b = by_initiator ? wishes : limited,
                             .a_methods = {Script{}},
                             .b_methods = {Script{}}});
        pair.acquire_at_a();
        pair.world.run(30min);
        EXPECT_GE(established(pair.a), 3U);
        EXPECT_LE(established(pair.a), 10U);
        EXPECT_TRUE(reports<exchange::NegotiationFailed>(pair.a).empty());
        EXPECT_EQ(pair.sent_payloads().at(5).ends_with("N(RESPONDER-LIFETIME)"), !by_initiator);
        EXPECT_TRUE(pair.a.datapath.outbound.size() == 1U || pair.a.datapath.outbound.size() == 2U);
        pair.check_rest();
    }
}

TEST(Ikev1Test, ASoftLimitRekeysUnderTheSameMainMode) {
    Wishes wishes = pre_shared_key();
    wishes.lifetime = {.soft_time = 100s, .hard_time = 200s};
    Pair pair(wishes);
    pair.acquire_at_a();
    pair.world.run(190s);
    EXPECT_EQ(established(pair.a), 1U);
    const auto quick_modes = reports<exchange::QmEstablished>(pair.a);
    ASSERT_EQ(quick_modes.size(), 2U);
    EXPECT_TRUE(quick_modes.at(1).rekey);
    EXPECT_EQ(pair.a.datapath.outbound.size(), 1U);
    pair.check_rest();
}

}  // namespace
}  // namespace keyline::simulation
