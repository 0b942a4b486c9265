// Timers, windows, codecs and detection that the exchanges are built from.
#include <gtest/gtest.h>

#include <algorithm>

#include "authip/dos_cookie.h"
#include "authip/error_codes.h"
#include "authip/mm_proposal.h"
#include "authip/nat_detection.h"
#include "authip/vendor_ids.h"
#include "exchange/counters.h"
#include "exchange/payload_check.h"
#include "exchange/qm_proposal.h"
#include "exchange/retransmission.h"
#include "exchange/sequence_window.h"
#include "exchange/traffic_id.h"
#include "simulation/seeded_random.h"
#include "wire/build.h"
#include "wire/parse.h"
#include "wire/vendor_ids.h"

namespace keyline {
namespace {

using namespace std::chrono_literals;
using exchange::Instant;
using exchange::Retransmission;
using exchange::SequenceWindow;

TEST(RetransmissionTest, DoublesAndWaitsOnceMoreBeforeGivingUp) {
    const Instant start{1000s};
    Retransmission timer(start, 2s, 3);
    for (const auto moment : {2s, 6s, 14s}) {
        EXPECT_EQ(timer.due(), start + moment);
        EXPECT_EQ(timer.expire(start + moment - 1s), Retransmission::Verdict::kWait);
        EXPECT_EQ(timer.expire(start + moment), Retransmission::Verdict::kSendAgain);
    }
    EXPECT_EQ(timer.due(), start + 30s);  // S11
    EXPECT_EQ(timer.expire(start + 30s), Retransmission::Verdict::kGiveUp);
    EXPECT_FALSE(timer.running());
}

TEST(SequenceWindowTest, AcceptsGapsOnceAndNothingOlderThan64) {
    SequenceWindow window;
    EXPECT_EQ(window.accept(5), SequenceWindow::Verdict::kNew);
    EXPECT_EQ(window.accept(5), SequenceWindow::Verdict::kSeen);
    EXPECT_EQ(window.accept(3), SequenceWindow::Verdict::kNew);
    EXPECT_EQ(window.accept(3), SequenceWindow::Verdict::kSeen);
    EXPECT_EQ(window.accept(68), SequenceWindow::Verdict::kNew);
    EXPECT_EQ(window.accept(5), SequenceWindow::Verdict::kSeen);
    EXPECT_EQ(window.accept(4), SequenceWindow::Verdict::kTooOld);
    EXPECT_EQ(window.accept(1000), SequenceWindow::Verdict::kNew);
    EXPECT_EQ(window.accept(999), SequenceWindow::Verdict::kNew);
    EXPECT_EQ(window.accept(0xFFFFFFFF), SequenceWindow::Verdict::kNew);
}

TEST(CountersTest, EveryReasonHasNameCauseAndRemedy) {
    for (std::size_t i = 0; i < exchange::kReasonCount; ++i) {
        const auto reason = static_cast<exchange::Reason>(i);
        EXPECT_TRUE(exchange::reason_name(reason).starts_with("ike-"));
        EXPECT_FALSE(exchange::reason_cause(reason).empty());
        EXPECT_FALSE(exchange::reason_remedy(reason).empty());
    }
}

TEST(MmProposalTest, OffersAndReadsBackInOrder) {
    const policy::MainMode main_mode;
    const auto sa = authip::build_mm_offer(main_mode, policy::DhGroup::kEcp256);
    const auto offer = authip::parse_mm_offer(sa);
    ASSERT_TRUE(offer);
    EXPECT_EQ(offer->group, 19);
    ASSERT_EQ(offer->transforms.size(), main_mode.proposals.size());
    for (std::size_t i = 0; i < offer->transforms.size(); ++i) {
        EXPECT_EQ(offer->transforms[i].proposal, main_mode.proposals[i]);
        EXPECT_EQ(offer->transforms[i].lifetime, main_mode.lifetime);
        EXPECT_EQ(offer->transforms[i].echo.transforms.front(), sa.proposals.front().transforms[i]);
    }
    EXPECT_EQ(offer->transforms.front().to_string(), "aes-cbc-256/sha2-256/ecp256");
}

TEST(MmProposalTest, ResponderPrefersItsOwnOrder) {
    policy::MainMode theirs;
    policy::MainMode ours;
    std::ranges::reverse(ours.proposals);
    const auto offer = authip::parse_mm_offer(authip::build_mm_offer(theirs, policy::DhGroup::kNone));
    EXPECT_EQ(authip::choose_mm_transform(*offer, ours)->proposal, ours.proposals.front());
}

TEST(MmProposalTest, RefusesDifferingGroupsAndIgnoresUnknownValues) {
    const policy::MainMode main_mode;
    auto sa = authip::build_mm_offer(main_mode, policy::DhGroup::kNone);
    auto& transforms = sa.proposals.front().transforms;
    for (auto& attribute : transforms[0].attributes) {
        if (attribute.type == wire::ike_attribute::kEncryption) attribute.value = std::uint16_t{99};
    }
    transforms[1].attributes.push_back(wire::number_attribute(4000, 1));  // M2: an unknown type is ignored
    auto offer = authip::parse_mm_offer(sa);
    ASSERT_TRUE(offer);
    EXPECT_EQ(offer->transforms.size(), transforms.size() - 1);
    for (auto& attribute : transforms[2].attributes) {
        if (attribute.type == wire::ike_attribute::kGroupDescription) attribute.value = std::uint16_t{14};
    }
    EXPECT_FALSE(authip::parse_mm_offer(sa));  // M3
}

TEST(MmProposalTest, KeyLengthIsForAesAlone) {
    policy::MainMode main_mode;
    main_mode.proposals = {{policy::MmEncryption::k3desCbc, policy::MmHash::kSha1}};
    auto sa = authip::build_mm_offer(main_mode, policy::DhGroup::kNone);
    EXPECT_EQ(authip::parse_mm_offer(sa)->transforms.size(), 1U);
    sa.proposals.front().transforms.front().attributes.push_back(
        wire::number_attribute(wire::ike_attribute::kKeyLength, 192));
    EXPECT_TRUE(authip::parse_mm_offer(sa)->transforms.empty());
}

TEST(MmProposalTest, InitiatorTakesOnlyWhatItOffered) {
    policy::MainMode main_mode;
    main_mode.proposals = {{policy::MmEncryption::kAesCbc128, policy::MmHash::kSha1}};
    const auto good = authip::build_mm_offer(main_mode, policy::DhGroup::kNone);
    EXPECT_TRUE(authip::parse_mm_choice(good, main_mode, policy::DhGroup::kNone));
    EXPECT_FALSE(authip::parse_mm_choice(good, main_mode, policy::DhGroup::kEcp256));
    EXPECT_FALSE(authip::parse_mm_choice(good, policy::MainMode{.proposals = {{}}}, policy::DhGroup::kNone));
    EXPECT_FALSE(authip::parse_mm_choice(authip::build_mm_offer({}, policy::DhGroup::kNone), {},
                                         policy::DhGroup::kNone));
}

TEST(QmProposalTest, EverySuiteSurvivesTheWire) {
    policy::QuickMode quick_mode;
    quick_mode.suites.clear();
    for (const char* name : {"aes-gcm-16-128", "aes-gcm-16-256", "aes-gmac-192", "aes-cbc-128/hmac-sha1-96",
                             "aes-cbc-256/hmac-sha2-256-128", "3des-cbc/hmac-sha1-96",
                             "null/hmac-sha2-512-256", "null/hmac-md5-96"}) {
        const auto suite = policy::EspSuite::parse(name);
        ASSERT_TRUE(suite) << name;
        quick_mode.suites.push_back(*suite);
    }
    quick_mode.lifetime.hard_octets = 5 << 20;
    const auto offer = exchange::parse_qm_offer(
        exchange::build_qm_offer(quick_mode, policy::Mode::kTunnel, true, 0x12345678));
    ASSERT_TRUE(offer);
    ASSERT_EQ(offer->transforms.size(), quick_mode.suites.size());
    for (std::size_t i = 0; i < offer->transforms.size(); ++i) {
        EXPECT_EQ(offer->transforms[i].suite, quick_mode.suites[i]);
        EXPECT_EQ(offer->transforms[i].encapsulation, wire::encapsulation::kUdpTunnel);
        EXPECT_EQ(offer->transforms[i].spi, 0x12345678U);
        EXPECT_EQ(offer->transforms[i].life_octets, 5 << 20);
    }
}

TEST(QmProposalTest, ResponderFollowsTheInitiatorsOrder) {
    policy::QuickMode theirs;
    policy::QuickMode ours;
    std::ranges::reverse(ours.suites);
    const auto offer =
        exchange::parse_qm_offer(exchange::build_qm_offer(theirs, policy::Mode::kTransport, false, 4096));
    const auto* chosen = exchange::choose_qm_transform(*offer, ours, policy::Mode::kTransport, false);
    ASSERT_NE(chosen, nullptr);
    EXPECT_EQ(chosen->suite, theirs.suites.front());  // Q1
    EXPECT_EQ(exchange::choose_qm_transform(*offer, ours, policy::Mode::kTunnel, false), nullptr);
    EXPECT_EQ(exchange::choose_qm_transform(*offer, ours, policy::Mode::kTransport, true), nullptr);  // Q4
    const auto answer = exchange::build_qm_choice(*chosen, 5000);
    EXPECT_EQ(answer.proposals.front().transforms.front(), chosen->echo.transforms.front());
    EXPECT_TRUE(exchange::parse_qm_choice(answer, theirs, policy::Mode::kTransport, false));
}

TEST(QmProposalTest, RefusesSmallSpisRepeatedNumbersAndUnknownAttributes) {
    const policy::QuickMode quick_mode;
    EXPECT_FALSE(
        exchange::parse_qm_offer(exchange::build_qm_offer(quick_mode, policy::Mode::kTransport, false, 255)));
    auto sa = exchange::build_qm_offer(quick_mode, policy::Mode::kTransport, false, 256);
    sa.proposals.front().transforms.front().attributes.push_back(wire::number_attribute(4000, 1));
    EXPECT_EQ(exchange::parse_qm_offer(sa)->transforms.size(), quick_mode.suites.size() - 1);
    sa.proposals.push_back(sa.proposals.front());
    EXPECT_FALSE(exchange::parse_qm_offer(sa));
}

TEST(QmProposalTest, TheShorterLifetimeHolds) {
    const policy::Lifetime own{.soft_time = 48min, .hard_time = 60min};
    exchange::QmTransform chosen{.life_seconds = 600s, .echo = {}};
    EXPECT_EQ(exchange::agreed_lifetime(own, chosen).hard_time, 600s);
    EXPECT_EQ(exchange::agreed_lifetime(own, chosen).soft_time, 480s);
    chosen.life_seconds = 7200s;
    EXPECT_EQ(exchange::agreed_lifetime(own, chosen), own);
    chosen.life_octets = 1000;
    EXPECT_EQ(exchange::agreed_lifetime(own, chosen).hard_octets, 1000U);
    EXPECT_EQ(exchange::agreed_lifetime(own, chosen).soft_octets, 800U);
    const policy::Lifetime early{
        .soft_time = 48min, .hard_time = 60min, .soft_octets = 500, .hard_octets = 5000};
    EXPECT_EQ(exchange::agreed_lifetime(early, chosen).hard_octets, 1000U);
    EXPECT_EQ(exchange::agreed_lifetime(early, chosen).soft_octets, 100U);
}

TEST(TrafficIdTest, BothRolesNameTheSameTraffic) {
    const policy::Selector selector{.local = *Prefix::parse("10.1.0.0/16"),
                                    .remote = *Prefix::parse("10.2.3.4"),
                                    .protocol = 6,
                                    .local_port = 0,
                                    .remote_port = 443};
    const auto ids = exchange::build_traffic_ids(selector, exchange::Role::kInitiator);
    EXPECT_EQ(exchange::parse_traffic_ids(ids, exchange::Role::kInitiator), selector);
    EXPECT_EQ(exchange::parse_traffic_ids(ids, exchange::Role::kResponder), selector.reversed());
    EXPECT_EQ(ids.initiator.type, wire::id_type::kIpv4Subnet);
    EXPECT_EQ(to_hex(ids.initiator.data), "0a010000ffff0000");
    EXPECT_EQ(ids.responder.port, 443);
}

TEST(TrafficIdTest, RefusesWhatDoesNotFitTogether) {
    const policy::Selector selector{.local = *Prefix::parse("2001:db8::/32"),
                                    .remote = *Prefix::parse("2001:db8::1")};
    const auto good = exchange::build_traffic_ids(selector, exchange::Role::kInitiator);
    EXPECT_EQ(exchange::parse_traffic_ids(good, exchange::Role::kInitiator), selector);
    auto ids = good;
    ids.responder.protocol = 17;
    EXPECT_FALSE(exchange::parse_traffic_ids(ids, exchange::Role::kInitiator));
    ids = good;
    ids.initiator.port = ids.responder.port = 80;  // a port without a protocol
    EXPECT_FALSE(exchange::parse_traffic_ids(ids, exchange::Role::kInitiator));
    ids = good;
    ids.initiator.data[16] = 0x0F;  // no mask
    EXPECT_FALSE(exchange::parse_traffic_ids(ids, exchange::Role::kInitiator));
    ids = good;
    ids.responder = {.type = wire::id_type::kIpv4Address, .data = {10, 0, 0, 1}};
    EXPECT_FALSE(exchange::parse_traffic_ids(ids, exchange::Role::kInitiator));
    ids.responder = {.type = wire::id_type::kFqdn, .data = {'a'}};
    EXPECT_FALSE(exchange::parse_traffic_ids(ids, exchange::Role::kInitiator));
}

class NatTest : public testing::Test {
  protected:
    const wire::Cookie initiator_{1, 2, 3, 4, 5, 6, 7, 8};
    const wire::Cookie responder_{8, 7, 6, 5, 4, 3, 2, 1};
    const Endpoint a_{*IpAddress::parse("10.0.0.1"), 500};
    const Endpoint b_{*IpAddress::parse("10.0.0.2"), 500};
    const Endpoint translated_{*IpAddress::parse("192.0.2.1"), 1024};
};

TEST_F(NatTest, SeesWhoIsTranslated) {
    for (const wire::Cookie* cookie : {static_cast<const wire::Cookie*>(nullptr), &responder_}) {
        const auto from_a = authip::nat_discovery(initiator_, cookie, a_, b_);
        auto found = authip::detect_nat(from_a, initiator_, cookie, b_, a_);
        EXPECT_FALSE(found.local || found.remote);
        found = authip::detect_nat(from_a, initiator_, cookie, b_, translated_);
        EXPECT_TRUE(!found.local && found.remote);
        found = authip::detect_nat(from_a, initiator_, cookie, translated_, a_);
        EXPECT_TRUE(found.local && !found.remote);
    }
}

TEST_F(NatTest, TheFirstMessageMayHashZerosForTheUnknownCookie) {
    const wire::Cookie zero{};
    const auto from_a = authip::nat_discovery(initiator_, &zero, a_, b_);
    const auto found = authip::detect_nat(from_a, initiator_, nullptr, b_, a_);
    EXPECT_FALSE(found.local || found.remote);
    EXPECT_TRUE(authip::detect_nat(from_a, initiator_, &responder_, b_, a_).local);
}

TEST_F(NatTest, NothingForIpv6) {
    const Endpoint six{*IpAddress::parse("2001:db8::1"), 500};
    EXPECT_TRUE(authip::nat_discovery(initiator_, nullptr, six, six).empty());
}

TEST(VendorIdTest, OldWindowsWantsShortIcvs) {
    for (const std::uint32_t version : {5U, 6U, 7U}) {
        const std::vector<wire::Payload> payloads{
            {wire::VendorId{wire::vendor::ms_nt5_isakmpoakley(version)}}};
        EXPECT_TRUE(authip::announced(payloads).short_icv) << version;
    }
    const std::vector<wire::Payload> later{{wire::VendorId{wire::vendor::ms_nt5_isakmpoakley(8)}}};
    EXPECT_FALSE(authip::announced(later).short_icv);
}

// MS-IKEE 3.7.5.1.
TEST(VendorIdTest, NegotiationDiscoveryIsAnnouncedAndTakenNoteOf) {
    EXPECT_TRUE(authip::announced(authip::vendor_ids({})).negotiation_discovery);
    EXPECT_FALSE(authip::announced({}).negotiation_discovery);
}

TEST(PayloadCheckTest, MissingRepeatedAndMisplaced) {
    using wire::PayloadType;
    const wire::Payload nonce{wire::Nonce{Bytes(32)}};
    const wire::Payload vendor{wire::VendorId{Bytes(16)}};
    const wire::Payload unknown{wire::Opaque{static_cast<PayloadType>(0xF0), {}}};
    const wire::Payload reserved{wire::Opaque{static_cast<PayloadType>(0x30), {}}};
    const std::vector<wire::Payload> good{nonce, vendor, unknown};
    EXPECT_FALSE(exchange::check_payloads(good, {{PayloadType::kNonce}}));
    EXPECT_TRUE(exchange::check_payloads(good, {{PayloadType::kNonce, 2, 2}}));
    EXPECT_TRUE(exchange::check_payloads(std::vector{nonce, nonce}, {{PayloadType::kNonce}}));
    EXPECT_TRUE(exchange::check_payloads(std::vector{nonce, reserved}, {{PayloadType::kNonce}}));
    EXPECT_TRUE(
        exchange::check_payloads(std::vector{nonce, wire::Payload{wire::Hash{}}}, {{PayloadType::kNonce}}));
}

TEST(DosCookieTest, ProvesAddressAndCookieForAWhile) {
    simulation::SeededRandom random(1);
    authip::DosCookies cookies(random);
    const Endpoint peer{*IpAddress::parse("10.0.0.1"), 500};
    const Endpoint other{*IpAddress::parse("10.0.0.2"), 500};
    const wire::Cookie initiator{1};
    const Instant start{1000s};
    const wire::Cookie cookie = cookies.make(start, peer, initiator);
    EXPECT_TRUE(cookies.check(start, peer, initiator, cookie));
    EXPECT_TRUE(cookies.check(start + 70s, peer, initiator, cookie));
    EXPECT_FALSE(cookies.check(start + 70s, other, initiator, cookie));
    EXPECT_FALSE(cookies.check(start + 70s, peer, wire::Cookie{2}, cookie));
    EXPECT_FALSE(cookies.check(start + 200s, peer, initiator, cookie));
}

TEST(DosCookieTest, MessageIsANotifyAlone) {
    simulation::SeededRandom random(1);
    const wire::Cookie initiator{1};
    const wire::Cookie cookie{9};
    const Bytes datagram = authip::build_dos_cookie(initiator, cookie, random);
    const auto header = wire::parse_header(datagram);
    ASSERT_TRUE(header);
    EXPECT_EQ(header->next_payload, wire::PayloadType::kNotification);
    EXPECT_NE(header->message_id, 0U);
    EXPECT_EQ(authip::parse_dos_cookie(datagram, *header), cookie);
}

TEST(ErrorCodeTest, NamesWhatIsSentAndNumbersTheRest) {
    EXPECT_EQ(authip::error_name(13801), "13801 ERROR_IPSEC_IKE_AUTH_FAIL");
    EXPECT_EQ(authip::error_name(13999), "13999");
}

}  // namespace
}  // namespace keyline
