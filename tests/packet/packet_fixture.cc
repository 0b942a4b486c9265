#include "packet/packet_fixture.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <linux/if_xdp.h>
#include <linux/pkt_cls.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "bpfmap/bpf_map.h"

namespace keyline::datapath {
namespace {

using policy::Rule;
using policy::RuleAction;
using policy::Selector;

constexpr std::uint8_t kTcp = 6;
constexpr int kTcRedirect = 7;

Selector pair(const std::string& local, const std::string& remote) {
    return {.local = *Prefix::parse(local), .remote = *Prefix::parse(remote)};
}

Rule rule(std::uint32_t id, RuleAction action, Selector selector) {
    Rule out;
    out.id = id;
    out.name = "rule-" + std::to_string(id);
    out.selectors = {std::move(selector)};
    out.action = action;
    return out;
}

// Without link-local addresses the kernel sends nothing of its own that would be counted.
constexpr const char* kLinks = R"(
link add klport address 02:00:00:00:00:0a type veth peer name klpeer
link set klpeer addrgenmode none
link set klport addrgenmode none
addr add 10.1.0.1/24 dev klport
link set klport up
link set klpeer up
link set lo up
)";

// By one process: in a guest starting it takes longer than what it does.
void make_links() {
    std::FILE* ip = ::popen("ip -batch -", "w");
    ASSERT_NE(ip, nullptr);
    EXPECT_GE(std::fputs(kLinks, ip), 0);
    EXPECT_EQ(::pclose(ip), 0);
}

void append_checksum_free_udp(Bytes& frame) {
    append(frame, Bytes{0x0f, 0xa0, 0x13, 0x88, 0, 12, 0, 0, 'd', 'a', 't', 'a'});
}

}  // namespace

policy::Policy test_policy() {
    policy::Policy policy;
    const auto add = [&policy](Rule&& made) { policy.rules.push_back(std::move(made)); };
    const auto both = [&add](std::uint32_t id, RuleAction action, const std::string& last) {
        add(rule(id, action, pair("10.1.0.1", "10.1.0." + last)));
        add(rule(id + 10, action, pair("2001:db8:1::1", "2001:db8:1::" + last)));
    };
    both(2, RuleAction::kProtect, "2");
    both(3, RuleAction::kProtect, "3");
    both(4, RuleAction::kBypass, "4");
    both(5, RuleAction::kBlock, "5");
    for (Rule ssh : {rule(6, RuleAction::kBypass, pair("10.1.0.1", "10.1.0.6")),
                     rule(16, RuleAction::kBypass, pair("2001:db8:1::1", "2001:db8:1::6"))}) {
        ssh.selectors[0].protocol = kTcp;
        ssh.selectors[0].remote_port = 22;
        add(std::move(ssh));
    }
    both(7, RuleAction::kProtect, "6");
    Rule kernel = rule(8, RuleAction::kProtect, pair("10.1.0.1", "10.1.0.8"));
    kernel.engine = policy::Engine::kKernel;
    add(std::move(kernel));
    Rule tunnel = rule(9, RuleAction::kProtect, pair("10.1.0.0/24", "10.2.0.0/16"));
    tunnel.mode = policy::Mode::kTunnel;
    tunnel.tunnel = {*IpAddress::parse("10.1.0.1"), *IpAddress::parse("10.1.0.9")};
    tunnel.populate = {};
    add(std::move(tunnel));
    add(rule(20, RuleAction::kProtect, pair("2001:db8:1::1", "ff02::/16")));
    return policy;
}

policy::SadEntry test_sa(policy::Direction direction, std::uint32_t spi, std::uint32_t rule_id,
                         const std::string& local, const std::string& remote) {
    policy::SadEntry entry;
    entry.direction = direction;
    entry.spi = spi;
    entry.local = *IpAddress::parse(local);
    entry.remote = *IpAddress::parse(remote);
    entry.selector = {.local = Prefix::host(entry.local), .remote = Prefix::host(entry.remote)};
    entry.encryption_key = Secret(entry.suite.encryption_key_octets());
    entry.rule = rule_id;
    entry.engine = policy::Engine::kFastpath;  // also on kernels that have ESP
    entry.peer = "host/peer.example";
    return entry;
}

void PacketTest::SetUp() {
    if (::geteuid() != 0) {
        GTEST_SKIP() << "loading BPF programs needs root";
    }
    ASSERT_EQ(::unshare(CLONE_NEWNET), 0) << "cannot make a network namespace";
    options_.instance = "packet";
    options_.pin_root = std::string("/sys/fs/bpf/keyline-test-") + std::to_string(::getpid());
    options_.max_sas = 64;
    options_.max_flows = 4096;
    make_links();
    std::ofstream("/proc/sys/net/ipv4/conf/klport/forwarding") << 1;
    ifindex_ = ::if_nametoindex(kInterface);
    restart();
    if (HasFatalFailure()) {
        return;
    }
    ASSERT_TRUE(datapath_->apply(test_policy()));
    const auto attached = datapath_->attach(kInterface, policy::InterfaceRole::kUnprotected);
    ASSERT_TRUE(attached) << attached.error();
    using policy::Direction;
    // Their indexes, 1 to 5, are in the expected frames.
    policy::SadEntry tunnel = test_sa(Direction::kOutbound, 9, 9, "10.1.0.1", "10.1.0.9");
    tunnel.mode = policy::Mode::kTunnel;
    tunnel.selector = pair("10.1.0.0/24", "10.2.0.0/16");
    for (const policy::SadEntry& entry :
         {test_sa(Direction::kOutbound, 1, 2, "10.1.0.1", "10.1.0.2"),
          test_sa(Direction::kInbound, kInboundSpi, 2, "10.1.0.1", "10.1.0.2"),
          test_sa(Direction::kOutbound, 1, 12, "2001:db8:1::1", "2001:db8:1::2"),
          test_sa(Direction::kInbound, kInboundSpi, 12, "2001:db8:1::1", "2001:db8:1::2"),
          std::move(tunnel)}) {
        const auto installed = datapath_->install(entry);
        ASSERT_TRUE(installed) << installed.error();
    }
    serve(true);
}

void PacketTest::TearDown() {
    serve(false);
    datapath_.reset();
    if (options_.pin_root.empty()) {
        return;
    }
    EXPECT_TRUE(Datapath::purge(options_.instance, options_.pin_root));
    std::error_code ignored;
    std::filesystem::remove(options_.pin_root, ignored);
    EXPECT_FALSE(std::filesystem::exists(options_.pin_root)) << "pins were left behind";
}

void PacketTest::restart() {
    datapath_.reset();
    auto opened = Datapath::open(options_);
    ASSERT_TRUE(opened) << opened.error();
    datapath_.emplace(std::move(*opened));
}

void PacketTest::serve(bool served, std::uint32_t port) {
    if (!served) {
        for (const int socket : sockets_) {
            ::close(socket);
        }
        sockets_.clear();
        return;
    }
    sockets_.push_back(::socket(AF_XDP, SOCK_RAW, 0));
    ASSERT_GE(sockets_.back(), 0);
    constexpr int kDescriptors = 64;  // newer kernels want a ring before a socket may be in the map
    ASSERT_EQ(::setsockopt(sockets_.back(), SOL_XDP, XDP_RX_RING, &kDescriptors, sizeof(kDescriptors)), 0);
    const auto sockets = bpfmap::Map::open_pinned(options_.pin_root + "/packet/kl_xsks");
    ASSERT_TRUE(sockets);
    ASSERT_TRUE(sockets->update(std::uint32_t{KL_XSK_INDEX(port, 0)}, sockets_.back()));
}

int PacketTest::program_fd(Program program) const {
    if (program == Program::kIngress) {
        LIBBPF_OPTS(bpf_xdp_query_opts, query);
        bpf_xdp_query(static_cast<int>(ifindex_), 0, &query);
        return bpf_prog_get_fd_by_id(query.prog_id);
    }
    bpf_tc_hook hook{};
    hook.sz = sizeof(hook);
    hook.ifindex = static_cast<int>(ifindex_);
    hook.attach_point = BPF_TC_EGRESS;
    LIBBPF_OPTS(bpf_tc_opts, query, .handle = 0x4b4c, .priority = 1);
    bpf_tc_query(&hook, &query);
    return bpf_prog_get_fd_by_id(query.prog_id);
}

Outcome PacketTest::run(Program program, const Bytes& frame, const std::string& interface) {
    const Counters before = datapath_->view().counters();
    Outcome outcome;
    outcome.frame.resize(frame.size() + 64);
    xdp_md xdp{};
    xdp.data_end = static_cast<std::uint32_t>(frame.size());
    xdp.ingress_ifindex = ::if_nametoindex(interface.c_str());
    __sk_buff skb{};
    skb.ifindex = ifindex_;
    LIBBPF_OPTS(bpf_test_run_opts, test, .data_in = frame.data(), .data_out = outcome.frame.data(),
                .data_size_in = static_cast<std::uint32_t>(frame.size()),
                .data_size_out = static_cast<std::uint32_t>(outcome.frame.size()), .repeat = 1);
    if (program == Program::kIngress) {
        test.ctx_in = &xdp;
        test.ctx_size_in = sizeof(xdp);
    } else {
        test.ctx_in = &skb;
        test.ctx_size_in = sizeof(skb);
    }
    const int fd = program_fd(program);
    EXPECT_EQ(bpf_prog_test_run_opts(fd, &test), 0) << std::strerror(errno);
    ::close(fd);
    outcome.frame.resize(test.data_size_out);
    const int value = static_cast<int>(test.retval);
    if (program == Program::kIngress) {
        outcome.verdict = value == XDP_PASS       ? Verdict::kPass
                          : value == XDP_REDIRECT ? Verdict::kHandOver
                          : value == XDP_TX       ? Verdict::kTransmit
                                                  : Verdict::kDrop;
    } else {
        outcome.verdict = value == TC_ACT_UNSPEC ? Verdict::kPass
                          : value == kTcRedirect ? Verdict::kHandOver
                                                 : Verdict::kDrop;
    }
    const Counters after = datapath_->view().counters();
    for (int i = 0; i < KL_REASON_COUNT; ++i) {
        const auto reason = static_cast<kl_reason>(i);
        if (after.kernel[reason] != before.kernel[reason]) {
            outcome.reasons += (outcome.reasons.empty() ? "" : "+") + std::string(describe(reason).name);
        }
    }
    return outcome;
}

Bytes PacketTest::udp_frame(const std::string& source, const std::string& destination) {
    const IpAddress from = *IpAddress::parse(source), to = *IpAddress::parse(destination);
    Bytes frame{2, 0, 0, 0, 0, 0x0b, 2, 0, 0, 0, 0, 0x0a};
    if (from.is_v4()) {
        append(frame, Bytes{0x08, 0x00, 0x45, 0, 0, 32, 0, 0, 0, 0, 64, 17, 0, 0});
    } else {
        append(frame, Bytes{0x86, 0xdd, 0x60, 0, 0, 0, 0, 12, 17, 64});
    }
    append(frame, from.octets());
    append(frame, to.octets());
    append_checksum_free_udp(frame);
    return frame;
}

}  // namespace keyline::datapath
