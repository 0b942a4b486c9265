// The table of make_cases.py: packet in, verdict, packet out, counter.
#include <gtest/gtest.h>

#include <string>

#include "packet/packet_fixture.h"

namespace keyline::datapath {
namespace {

struct Case {
    const char* name;
    Program program;
    const char* frame;
    Verdict verdict;
    const char* reason;
    const char* expected;
};

const Case kCases[] = {
#include "cases.inc"
};

// A redirect from XDP to a socket and one from TC to the handover pair are the same to the cases.
TEST_F(PacketTest, EveryCaseHasItsVerdictItsFrameAndItsCounter) {
    for (const Case& expected : kCases) {
        SCOPED_TRACE(expected.name);
        const Outcome outcome = run(expected.program, *from_hex(expected.frame));
        EXPECT_EQ(outcome.verdict, expected.verdict);
        EXPECT_EQ(outcome.reasons, expected.reason);
        if (expected.verdict != Verdict::kDrop) {
            EXPECT_EQ(to_hex(outcome.frame), expected.expected);
        }
    }
}

// The kernel runs TC programs on no frame whose IP header is incomplete, and XDP programs on none without a
// payload.
std::size_t shortest(Program program, const Bytes& frame) {
    constexpr std::size_t kEthernet = 14, kIpv4 = 20, kIpv6 = 40;
    const std::uint16_t type = load_be16(&frame[12]);
    if (program == Program::kEgress && type == 0x0800) {
        return kEthernet + kIpv4;
    }
    if (program == Program::kEgress && type == 0x86dd) {
        return kEthernet + kIpv6;
    }
    return kEthernet + 1;
}

// However a packet is cut, it is not taken for one that may pass.
TEST_F(PacketTest, CutAtEveryLengthNothingPasses) {
    for (const Case& whole : kCases) {
        const std::string name = whole.name;
        const bool is_arp = name.ends_with("_arp");
        const bool ends_before_its_frame = name.ends_with("_padded");
        if (is_arp || ends_before_its_frame) {
            continue;
        }
        const Bytes frame = *from_hex(whole.frame);
        for (std::size_t length = shortest(whole.program, frame); length < frame.size(); ++length) {
            const Outcome outcome =
                run(whole.program, Bytes(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(length)));
            ASSERT_EQ(outcome.verdict, Verdict::kDrop)
                << name << " cut to " << length << ": " << outcome.reasons;
            ASSERT_NE(outcome.reasons, "") << name << " cut to " << length;
        }
    }
}

}  // namespace
}  // namespace keyline::datapath
