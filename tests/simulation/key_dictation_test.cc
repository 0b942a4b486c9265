// Key dictation: who wins, and whose keys are installed (MS-AIPS 2.2.3.7, 2.2.3.8; interpretation item 26,
// Q10).
#include "authip/key_dictation.h"

#include <gtest/gtest.h>

#include "simulation/pair.h"
#include "simulation/raw_peer.h"
#include "simulation/reports.h"

namespace keyline::simulation {
namespace {

using authip::Dictator;
using Weight = std::optional<std::uint32_t>;

Pair pair_with(Weight a, Weight b, bool normal = false) {
    Wishes common;
    if (normal) common.suites.push_back({policy::Encryption::kAesCbc, 16, policy::Integrity::kHmacSha1_96});
    PairWishes wishes = both(common);
    wishes.a.key_dictation_weight = a;
    wishes.b.key_dictation_weight = b;
    return Pair(wishes);
}

std::vector<std::string> last_messages(Weight a, Weight b, bool normal = false) {
    Pair pair = pair_with(a, b, normal);
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_EQ(pair.a.datapath.outbound.size(), 1U);
    EXPECT_EQ(pair.b.datapath.outbound.size(), 1U);
    pair.check_rest();  // both have the same keys
    auto messages = pair.sent_payloads();
    messages.erase(messages.begin(), messages.begin() + 4);
    return messages;
}

using Ladder = std::vector<std::string>;

TEST(KeyDictationTest, InitiatorWins) {
    for (const Weight b : {Weight{}, Weight{4}}) {
        const std::string weight = b ? ", SKWt" : "";
        EXPECT_EQ(
            last_messages(5, b),
            (Ladder{"#5* HAuth1, IDi, IDr, SA, Ni(qm), SKWt", "#6* HAuth2, IDi, IDr, SA" + weight,
                    "#7* Notify(qm_synchronize), KeyDict(In), KeyDict(Out)", "#8* Notify(qm_synchronize)"}));
    }
}

TEST(KeyDictationTest, ResponderWinsInAFastQuickModeToo) {
    EXPECT_EQ(last_messages({}, 5), (Ladder{"#5* HAuth1, IDi, IDr, SA, Ni(qm)",
                                            "#6* HAuth2, IDi, IDr, SA, SKWt, KeyDict(In), KeyDict(Out)"}));
    EXPECT_EQ(last_messages(4, 5).at(1), "#6* HAuth2, IDi, IDr, SA, SKWt, KeyDict(In), KeyDict(Out)");
    EXPECT_EQ(last_messages({}, 5, true).size(), 4U);
}

TEST(KeyDictationTest, NobodyDictatesWithEqualWeights) {
    EXPECT_EQ(last_messages(5, 5),
              (Ladder{"#5* HAuth1, IDi, IDr, SA, Ni(qm), SKWt", "#6* HAuth2, IDi, IDr, SA, SKWt",
                      "#7* Notify(qm_synchronize)", "#8* Notify(qm_synchronize)"}));
}

TEST(KeyDictationTest, DictatesEveryQuickMode) {
    Pair pair = pair_with(5, 4);
    pair.acquire_at_a();
    pair.world.run(5s);
    const std::uint32_t spi = pair.a.datapath.outbound.begin()->first.first;
    pair.world.give(pair.a, exchange::SaExpired{policy::Direction::kOutbound, spi, false});
    pair.world.run(5s);
    EXPECT_EQ(pair.a.datapath.outbound.size(), 2U);
    EXPECT_EQ(pair.sent_payloads().back(), "#12* Notify(qm_synchronize)");
    pair.world.run(100s);
    pair.check_rest();
}

TEST(KeyDictationTest, WhoWins) {
    EXPECT_EQ(authip::dictator({}, {}), Dictator::kRemote);
    EXPECT_EQ(authip::dictator({}, 1), Dictator::kRemote);
    EXPECT_EQ(authip::dictator(1, {}), Dictator::kLocal);
    EXPECT_EQ(authip::dictator(2, 1), Dictator::kLocal);
    EXPECT_EQ(authip::dictator(1, 2), Dictator::kRemote);
    EXPECT_EQ(authip::dictator(2, 2), Dictator::kNobody);
}

class SealedKeysTest : public testing::Test {
  protected:
    SeededRandom random{1};
    Secret encryption_key = authip::make_dictated_keys(32, random).inbound;
    Secret integrity_key = authip::make_dictated_keys(32, random).inbound;
    authip::MessageProtection protection{.hash = crypto::HashAlgorithm::kSha256,
                                         .cipher = crypto::CipherAlgorithm::kAes256Cbc,
                                         .encryption_key = encryption_key.view(),
                                         .integrity_key = integrity_key.view(),
                                         .icv_octets = 16};
    authip::DictatedKeys keys = authip::make_dictated_keys(20, random);
    std::vector<wire::Payload> payloads = *authip::key_dictation_payloads(keys, protection, random);

    std::string error(Dictator dictator = Dictator::kRemote, std::size_t octets = 20) {
        const auto taken = authip::take_dictated_keys(payloads, dictator, octets, protection);
        return taken ? "" : taken.error();
    }
    Bytes& sealed(std::size_t index) { return std::get<wire::KeyDictation>(payloads[index].body).sealed; }
};

TEST_F(SealedKeysTest, InAndOutChangePlaces) {
    const auto taken = authip::take_dictated_keys(payloads, Dictator::kRemote, 20, protection);
    ASSERT_TRUE(taken && *taken);
    EXPECT_TRUE((*taken)->inbound == keys.outbound);
    EXPECT_TRUE((*taken)->outbound == keys.inbound);
    EXPECT_EQ(sealed(0).size(), 16U + 32U + 16U);  // IV, two blocks, ICV
    payloads.clear();
    const auto none = authip::take_dictated_keys(payloads, Dictator::kRemote, 20, protection);
    EXPECT_TRUE(none && !*none);
}

TEST_F(SealedKeysTest, BadOnesAreRefused) {
    EXPECT_NE(error(Dictator::kLocal), "");
    EXPECT_NE(error(Dictator::kNobody), "");
    EXPECT_NE(error(Dictator::kRemote, 36), "");
    const auto good = payloads;
    for (const std::size_t octet : {16U, 40U, 63U}) {  // ciphertext and ICV
        payloads = good;
        sealed(1)[octet] ^= 1;
        EXPECT_NE(error(), "") << octet;
    }
    for (const std::size_t size : {0U, 16U, 47U, 63U}) {
        payloads = good;
        sealed(0).resize(size);
        EXPECT_NE(error(), "") << size;
    }
    payloads = good;
    payloads.pop_back();
    EXPECT_NE(error(), "");
}

// Keys from a peer that has not won their dictation end the negotiation.
TEST(KeyDictationTest, UnwonKeysAreRefused) {
    World world(1);
    Wishes wishes;
    wishes.local = "10.0.0.2";
    wishes.remote = "10.0.0.1";
    wishes.key_dictation_weight = 9;
    Host& host = world.add_host("b", wishes.local, make_policy(wishes),
                                {std::make_shared<ScriptedMethod>(Script{}, 7)});
    RawPeer peer(world, host, 1);
    ASSERT_TRUE(peer.first_exchange() && peer.authenticate());
    auto payloads = peer.quick_mode_payloads(true);
    payloads.push_back({wire::KeyDictation{Bytes(64)}});
    payloads.push_back({wire::KeyDictation{Bytes(64)}});
    const auto replies = peer.send_sealed(wire::ExchangeType::kAuthipMainMode, 0, 2, payloads);
    EXPECT_EQ(status_of(replies), 13843U);
    EXPECT_TRUE(host.datapath.inbound.empty());
}

}  // namespace
}  // namespace keyline::simulation
