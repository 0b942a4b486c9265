#include "cli/capture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "unit/daemon/frames.h"

namespace keyline::cli {
namespace {

const Bytes kMessage = [] {
    Bytes octets(40);
    for (std::size_t i = 0; i < octets.size(); ++i)
        octets[i] = static_cast<std::uint8_t>(i + 1);
    return octets;
}();

Bytes marked(ByteView message) {
    Bytes octets(4, 0);
    append(octets, message);
    return octets;
}

Capture read_or_fail(const Bytes& file) {
    auto capture = read_capture(file);
    EXPECT_TRUE(capture) << capture.error();
    return capture ? std::move(*capture) : Capture{};
}

TEST(Capture, ReadsIkeOnBothPortsAndNothingElse) {
    const Capture capture = read_or_fail(pcap({
        ethernet(0x0800, ipv4("10.0.0.1", "10.0.0.2", udp(500, 500, kMessage))),
        ethernet(0x0806, Bytes(28, 0)),
        ethernet(0x0800, ipv4("10.0.0.1", "10.0.0.2", udp(53, 5353, kMessage))),
        ethernet(0x0800, ipv4("10.0.0.1", "10.0.0.2", udp(4500, 4500, marked(kMessage)))),
        ethernet(0x0800, ipv4("10.0.0.1", "10.0.0.2", udp(4500, 4500, Bytes{0xff}))),
        ethernet(0x0800, ipv4("10.0.0.1", "10.0.0.2", udp(4500, 4500, kMessage))),
    }));
    EXPECT_EQ(capture.frames, 6u);
    ASSERT_EQ(capture.datagrams.size(), 2u);
    EXPECT_EQ(capture.datagrams[0].frame, 1u);
    EXPECT_EQ(capture.datagrams[0].time, std::chrono::milliseconds(1700000000250));
    EXPECT_EQ(capture.datagrams[0].source.to_string(), "10.0.0.1:500");
    EXPECT_EQ(capture.datagrams[0].data, kMessage);
    EXPECT_EQ(capture.datagrams[1].frame, 4u);
    EXPECT_EQ(capture.datagrams[1].data, kMessage);
}

TEST(Capture, SeesThroughVlanTagsAndExtensionHeaders) {
    Bytes options{17, 0, 1, 4, 0, 0, 0, 0};  // destination options, then UDP
    append(options, udp(500, 500, kMessage));
    const Capture capture = read_or_fail(pcap({
        ethernet(0x0800, ipv4("10.0.0.1", "10.0.0.2", udp(500, 500, kMessage)), 2),
        ethernet(0x86dd, ipv6("2001:db8::1", "2001:db8::2", 60, options)),
    }));
    ASSERT_EQ(capture.datagrams.size(), 2u);
    EXPECT_EQ(capture.datagrams[1].source.to_string(), "[2001:db8::1]:500");
    EXPECT_EQ(capture.datagrams[1].data, kMessage);
}

TEST(Capture, ReadsEveryLinkTypeItKnows) {
    const Bytes packet = ipv4("10.0.0.1", "10.0.0.2", udp(500, 500, kMessage));
    Bytes cooked(14, 0);
    append_be16(cooked, 0x0800);
    append(cooked, packet);
    Bytes cooked2;
    append_be16(cooked2, 0x0800);
    cooked2.resize(20, 0);
    append(cooked2, packet);
    Bytes loop{0, 0, 0, 2};
    append(loop, packet);
    const std::pair<std::uint32_t, Bytes> cases[] = {
        {101, packet}, {113, cooked}, {276, cooked2}, {108, loop}, {228, packet}};
    for (const auto& [link, frame] : cases) {
        EXPECT_EQ(read_or_fail(pcap({frame}, link)).datagrams.size(), 1u) << "link type " << link;
    }
    const auto unknown = read_capture(pcap({packet}, 105));
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error(),
              "cannot read a capture of link type IEEE802_11; capture on an Ethernet or IP interface");
}

TEST(Capture, PutsFragmentsTogetherInAnyOrder) {
    const Bytes whole = udp(500, 500, Bytes(3000, 0x55));
    const ByteView view(whole);
    const Bytes first = ethernet(0x0800, ipv4("10.0.0.1", "10.0.0.2", view.subspan(0, 1480), 0x2000));
    const Bytes second =
        ethernet(0x0800, ipv4("10.0.0.1", "10.0.0.2", view.subspan(1480, 1480), 0x2000 | 185));
    const Bytes third = ethernet(0x0800, ipv4("10.0.0.1", "10.0.0.2", view.subspan(2960), 370));
    for (const auto& order : {std::vector{first, second, third}, std::vector{third, first, second},
                              std::vector{first, first, third, second}}) {
        const Capture capture = read_or_fail(pcap(order));
        ASSERT_EQ(capture.datagrams.size(), 1u);
        EXPECT_EQ(capture.datagrams[0].data, Bytes(3000, 0x55));
        EXPECT_EQ(capture.incomplete, 0u);
    }
    const Capture missing = read_or_fail(pcap({first, third}));
    EXPECT_TRUE(missing.datagrams.empty());
    EXPECT_EQ(missing.incomplete, 1u);
}

TEST(Capture, CountsDatagramsThatWereCutShort) {
    const Capture capture =
        read_or_fail(pcap({ethernet(0x0800, ipv4("10.0.0.1", "10.0.0.2", udp(500, 500, kMessage)))}, 1, 60));
    EXPECT_TRUE(capture.datagrams.empty());
    EXPECT_EQ(capture.cut_short, 1u);
}

TEST(Capture, AFileThatEndsEarlyGivesWhatWasThere) {
    const Bytes frame = ethernet(0x0800, ipv4("10.0.0.1", "10.0.0.2", udp(500, 500, kMessage)));
    Bytes file = pcap({frame, frame});
    file.resize(file.size() - 10);
    EXPECT_EQ(read_or_fail(file).datagrams.size(), 1u);
}

// Nothing is asserted but that it returns: the sanitizer build watches.
TEST(Capture, DamageDoesNoHarm) {
    Bytes options{17, 0, 1, 4, 0, 0, 0, 0};
    append(options, udp(500, 500, kMessage));
    const Bytes whole = udp(500, 500, Bytes(200, 0x55));
    const Bytes file = pcap({
        ethernet(0x0800, ipv4("10.0.0.1", "10.0.0.2", udp(4500, 500, marked(kMessage))), 1),
        ethernet(0x86dd, ipv6("2001:db8::1", "2001:db8::2", 60, options)),
        ethernet(0x0800, ipv4("10.0.0.1", "10.0.0.2", ByteView(whole).first(104), 0x2000)),
        ethernet(0x0800, ipv4("10.0.0.1", "10.0.0.2", ByteView(whole).subspan(104), 13)),
    });
    for (std::size_t length = 0; length < file.size(); ++length)
        (void)read_capture(ByteView(file).first(length));
    std::mt19937 random(1);
    for (int round = 0; round < 20000; ++round) {
        Bytes damaged = file;
        for (int i = 0; i < 4; ++i)
            damaged[24 + random() % (damaged.size() - 24)] = static_cast<std::uint8_t>(random());
        (void)read_capture(damaged);
    }
}

TEST(Capture, TellsACaptureFromADatagram) {
    EXPECT_TRUE(is_capture(pcap({})));
    EXPECT_TRUE(is_capture(Bytes{0x0a, 0x0d, 0x0d, 0x0a, 0, 0, 0, 28, 0x1a, 0x2b, 0x3c, 0x4d}));
    EXPECT_FALSE(is_capture(kMessage));
    EXPECT_FALSE(is_capture(Bytes{}));
}

}  // namespace
}  // namespace keyline::cli
