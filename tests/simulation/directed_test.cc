// Single conversations on a clean network: what is sent, in which order, and what comes of it.
#include <gtest/gtest.h>

#include "auth/anonymous.h"
#include "simulation/pair.h"

namespace keyline::simulation {
namespace {

using policy::AuthMethod;
using policy::DhGroup;
using policy::Encryption;
using policy::Integrity;

TEST(DirectedTest, FastQuickModeTakesSixMessages) {
    Pair pair{Wishes{}};
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_EQ(pair.sent_payloads(), (std::vector<std::string>{
                                        "#1 SA, Auth, Ni, VID ×2, NATD ×2", "#2 SA, Auth, Nr, Nr(qm), VID ×2, NATD ×2, GSS_ID",
                                        "#3 GSS-API", "#4 GSS-API", "#5* HAuth1, IDi, IDr, SA, Ni(qm)",
                                        "#6* HAuth2, IDi, IDr, SA"}));
    EXPECT_EQ(pair.a.datapath.outbound.size(), 1U);
    EXPECT_EQ(pair.b.datapath.outbound.size(), 1U);
    pair.check_rest();
}

TEST(DirectedTest, NormalQuickModeTakesEight) {
    Pair pair(Wishes{.suites = {{Encryption::kAesGcm16, 16, Integrity::kNone}, {Encryption::kAesCbc, 16, Integrity::kHmacSha1_96}}});
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_EQ(pair.sent_payloads().size(), 8U);
    EXPECT_EQ(pair.a.datapath.outbound.size(), 1U);
    pair.check_rest();
}

TEST(DirectedTest, AnonymousNeedsDiffieHellman) {
    Pair pair(Wishes{.auth = {AuthMethod::kAnonymous}, .dh_groups = {DhGroup::kEcp256}});
    pair.acquire_at_a();
    pair.world.run(5s);
    EXPECT_EQ(pair.a.datapath.outbound.size(), 1U);
    EXPECT_EQ(pair.sent_payloads().at(1), "#2 SA, Auth, Nr, Nr(qm), VID ×2, NATD ×2, GSS_ID, KE");
    pair.check_rest();
}

}  // namespace
}  // namespace keyline::simulation
