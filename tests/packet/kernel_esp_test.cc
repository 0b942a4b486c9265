// Packets of SAs that the kernel carries. The SAs are made the kernel's in the maps alone, so that this runs
// where the kernel has no ESP.
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <net/if.h>

#include <memory>

#include "bpfmap/bpf_map.h"
#include "packet/packet_fixture.h"
#include "shared/rule.h"
#include "shared/sa.h"
#include "shared/user_mark.h"

namespace keyline::datapath {
namespace {

constexpr std::uint32_t kOutboundSa = 1, kInboundSa = 2, kRule = 2;
constexpr std::uint16_t kMoreFragments = 0x2000;

class KernelEspTest : public PacketTest {
  protected:
    bpfmap::Map map(const std::string& name) {
        auto opened = bpfmap::Map::open_pinned(options().pin_root + "/packet/" + name);
        EXPECT_TRUE(opened) << name;
        return opened ? std::move(*opened) : bpfmap::Map();
    }

    void give_to_kernel(std::uint32_t index, std::uint32_t xfrm_ifindex, std::uint32_t cpu = 0) {
        const bpfmap::Map sas = map("kl_sas"), rules = map("kl_rules"), by_spi = map("kl_sa_by_spi");
        kl_sa sa = *sas.lookup<kl_sa>(index);
        sa.engine = KL_ENGINE_KERNEL;
        sa.xfrm_ifindex = xfrm_ifindex;
        ASSERT_TRUE(sas.update(index, sa));
        kl_rule rule = *rules.lookup<kl_rule>(kRule);
        rule.flags |= KL_RULE_KERNEL;
        ASSERT_TRUE(rules.update(kRule, rule));
        if (sa.direction == KL_INBOUND) {
            const kl_spi_key key{.spi = sa.spi, .family = sa.family, .local = sa.local};
            ASSERT_TRUE(by_spi.update(key, index | KL_SPI_KERNEL | cpu << KL_SPI_CPU_SHIFT));
        }
    }

    // Kernel SAs may be opened on the first CPU, whether this machine has others or not.
    void offer_first_cpu() {
        ASSERT_TRUE(map("kl_cpus").update(std::uint32_t{0}, bpf_cpumap_val{.qsize = 64, .bpf_prog = {}}));
    }

    // From the peer, with this SPI; `fragment` is the field with flags and offset.
    static Bytes esp_frame(std::uint32_t spi, std::uint16_t fragment = 0) {
        Bytes frame = udp_frame("10.1.0.2", "10.1.0.1");
        frame[14 + 6] = static_cast<std::uint8_t>(fragment >> 8);
        frame[14 + 7] = static_cast<std::uint8_t>(fragment);
        frame[14 + 9] = 50;
        for (int i = 0; i < 4; ++i)
            frame[static_cast<std::size_t>(34 + i)] = static_cast<std::uint8_t>(spi >> (24 - 8 * i));
        return frame;
    }
};

TEST_F(KernelEspTest, AnXfrmInterfaceTakesWhatTheStackHasNotSealed) {
    give_to_kernel(kOutboundSa, ::if_nametoindex("klpeer"));
    const Outcome outcome = run(Program::kEgress, udp_frame("10.1.0.1", "10.1.0.2"));
    EXPECT_EQ(Verdict::kHandOver, outcome.verdict);
    EXPECT_EQ("out-kernel", outcome.reasons);
}

TEST_F(KernelEspTest, PlaintextThatTheStackShouldHaveSealedIsDropped) {
    give_to_kernel(kOutboundSa, 0);
    const Outcome outcome = run(Program::kEgress, udp_frame("10.1.0.1", "10.1.0.2"));
    EXPECT_EQ(Verdict::kDrop, outcome.verdict);
    EXPECT_EQ("not-transformed", outcome.reasons);
}

TEST_F(KernelEspTest, WhatTheStackDoesNotKnowTheUserOfGoesThroughItOnceMore) {
    give_to_kernel(kOutboundSa, 0);
    const bpfmap::Map rules = map("kl_rules"), all_marks = map("kl_user_marks");
    kl_rule rule = *rules.lookup<kl_rule>(kRule);
    rule.flags |= KL_RULE_HAS_USERS;
    rule.shapes[0].fields |= KL_SHAPE_USER;
    ASSERT_TRUE(rules.update(kRule, rule));
    Bytes frame = udp_frame("10.1.0.1", "10.1.0.2");
    EXPECT_EQ("not-transformed", run(Program::kEgress, frame).reasons);

    auto marks = std::make_unique<kl_user_marks>();
    marks->active = 1;
    ASSERT_TRUE(all_marks.update(std::uint32_t{0}, *marks));
    const Outcome outcome = run(Program::kEgress, frame);
    EXPECT_EQ(Verdict::kHandOver, outcome.verdict);
    EXPECT_EQ("out-marked", outcome.reasons);

    frame[14 + 6] = 0x20;  // more fragments
    EXPECT_EQ("not-transformed", run(Program::kEgress, frame).reasons);
}

TEST_F(KernelEspTest, EspOfAKernelSaIsTheStacks) {
    give_to_kernel(kInboundSa, 0);
    const Outcome outcome = run(Program::kIngress, esp_frame(kInboundSpi));
    EXPECT_EQ(Verdict::kPass, outcome.verdict);
    EXPECT_EQ("in-kernel", outcome.reasons);
    EXPECT_EQ("spi", run(Program::kIngress, esp_frame(kInboundSpi + 1)).reasons);
}

TEST_F(KernelEspTest, EspIsTakenToTheCpuOfItsSa) {
    offer_first_cpu();
    give_to_kernel(kInboundSa, 0, 1);
    const Outcome outcome = run(Program::kIngress, esp_frame(kInboundSpi));
    EXPECT_EQ(Verdict::kHandOver, outcome.verdict);
    EXPECT_EQ("in-spread", outcome.reasons);
}

TEST_F(KernelEspTest, FragmentsAreTakenToTheCpuOfTheirSa) {
    offer_first_cpu();
    give_to_kernel(kInboundSa, 0, 1);
    EXPECT_EQ("in-spread", run(Program::kIngress, esp_frame(kInboundSpi, kMoreFragments)).reasons);
    EXPECT_EQ("in-spread", run(Program::kIngress, esp_frame(0, 2)).reasons);
}

TEST_F(KernelEspTest, WithoutThatCpuEspIsOpenedWhereItComes) {
    give_to_kernel(kInboundSa, 0, KL_SPI_CPU_MASK);
    const Outcome outcome = run(Program::kIngress, esp_frame(kInboundSpi));
    EXPECT_EQ(Verdict::kPass, outcome.verdict);
    EXPECT_EQ("in-kernel", outcome.reasons);
}

TEST_F(KernelEspTest, LaterFragmentsGoWhereTheFirstWent) {
    give_to_kernel(kInboundSa, 0);
    EXPECT_EQ("in-kernel", run(Program::kIngress, esp_frame(kInboundSpi, kMoreFragments)).reasons);
    EXPECT_EQ("in-kernel", run(Program::kIngress, esp_frame(0, 2)).reasons);
}

}  // namespace
}  // namespace keyline::datapath
