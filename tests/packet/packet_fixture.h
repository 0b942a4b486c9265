// A network namespace with one attached interface, the policy and SAs that make_cases.py describes, and the
// programs run on frames by BPF_PROG_TEST_RUN. Nothing of it is left behind.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "datapath/datapath.h"

namespace keyline::datapath {

enum class Program : std::uint8_t { kEgress, kIngress };
enum class Verdict : std::uint8_t { kPass, kDrop, kHandOver, kTransmit };

struct Outcome {
    Verdict verdict = Verdict::kDrop;
    Bytes frame;
    // Names of the reasons whose counters rose, joined by '+'.
    std::string reasons;
};

policy::Policy test_policy();
// An SA under the rule; keys are filler.
policy::SadEntry test_sa(policy::Direction direction, std::uint32_t spi, std::uint32_t rule,
                         const std::string& local, const std::string& remote);

class PacketTest : public testing::Test {
  protected:
    static constexpr std::uint32_t kInboundSpi = 0x11223344;
    static constexpr const char* kInterface = "klport";

    void SetUp() override;
    void TearDown() override;

    Datapath& datapath() { return *datapath_; }
    const Options& options() const { return options_; }
    // Opens the instance anew, as a restarted daemon does.
    void restart();

    // A program kIngress sees the frame come in by `interface`.
    Outcome run(Program program, const Bytes& frame, const std::string& interface = kInterface);
    // Whether a fast path serves the port's queue 0: an AF_XDP socket stands in its place.
    void serve(bool served, std::uint32_t port = 1);

    // An Ethernet frame with a UDP packet, from this host or to it.
    static Bytes udp_frame(const std::string& source, const std::string& destination);

  private:
    int program_fd(Program program) const;

    Options options_;
    std::optional<Datapath> datapath_;
    std::uint32_t ifindex_ = 0;
    std::vector<int> sockets_;
};

}  // namespace keyline::datapath
