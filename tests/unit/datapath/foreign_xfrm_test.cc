#include "datapath/foreign_xfrm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "datapath/xfrm_numbers.h"

namespace keyline::datapath {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

policy::Selector selector(const char* local, const char* remote) {
    return {.local = *Prefix::parse(local), .remote = *Prefix::parse(remote)};
}

policy::Policy policy_of(policy::Engine engine) {
    policy::Rule rule;
    rule.name = "office";
    rule.engine = engine;
    rule.selectors = {selector("10.0.0.0/24", "10.0.1.0/24")};
    policy::Policy policy;
    policy.rules = {rule};
    return policy;
}

XfrmPolicy someone_elses() {
    return {.direction = XfrmDirection::kOut,
            .selector = selector("10.0.0.0/8", "10.0.0.0/8"),
            .priority = 5,
            .index = 41};
}

XfrmPolicy protecting() {
    XfrmPolicy present = someone_elses();
    present.wanted = XfrmTemplate{};
    return present;
}

std::vector<std::string> conflicts(policy::Engine engine, const XfrmPolicy& present) {
    return xfrm_conflicts(policy_of(engine), {present});
}

TEST(ForeignXfrm, AnOverlappingPolicyIsToldWithItsRuleAndTheRemedy) {
    EXPECT_THAT(
        conflicts(policy::Engine::kFastpath, protecting()),
        ElementsAre(AllOf(HasSubstr("rule \"office\""), HasSubstr("10.0.0.0/8 -> 10.0.0.0/8, priority 5"),
                          HasSubstr("`ip xfrm policy delete dir out index 41`"))));
}

TEST(ForeignXfrm, OneThatLetsPacketsPassKeepsThemFromKernelEspAlone) {
    EXPECT_THAT(conflicts(policy::Engine::kFastpath, someone_elses()), IsEmpty());
    EXPECT_THAT(conflicts(policy::Engine::kKernel, someone_elses()), testing::SizeIs(1));
    EXPECT_THAT(conflicts(policy::Engine::kAuto, someone_elses()), testing::SizeIs(1));
}

TEST(ForeignXfrm, OneForReceivedPacketsIsInTheWayWhenItWantsSas) {
    XfrmPolicy inbound = someone_elses();
    inbound.direction = XfrmDirection::kIn;
    EXPECT_THAT(conflicts(policy::Engine::kKernel, inbound), IsEmpty());
    inbound.wanted = XfrmTemplate{};
    EXPECT_THAT(conflicts(policy::Engine::kKernel, inbound), ElementsAre(HasSubstr("drops packets")));
}

TEST(ForeignXfrm, WhatIsBoundToAnInterfaceOrAMarkMeetsNoPacketOfOurs) {
    XfrmPolicy bound = protecting();
    bound.if_id = 7;
    EXPECT_THAT(conflicts(policy::Engine::kKernel, bound), IsEmpty());
    XfrmPolicy marked = protecting();
    marked.mark = {.value = 7, .mask = ~0U};
    EXPECT_THAT(conflicts(policy::Engine::kKernel, marked), IsEmpty());
}

TEST(ForeignXfrm, OtherTrafficAndKeylinesOwnPoliciesAreNoConflict) {
    XfrmPolicy elsewhere = protecting();
    elsewhere.selector = selector("10.0.2.0/24", "10.0.1.0/24");
    EXPECT_THAT(conflicts(policy::Engine::kKernel, elsewhere), IsEmpty());
    XfrmPolicy ours = protecting();
    ours.priority = xfrm_priorities(0).first + 3;
    EXPECT_THAT(conflicts(policy::Engine::kKernel, ours), IsEmpty());
}

}  // namespace
}  // namespace keyline::datapath
