// What user space writes into the maps, seen by the programs: acquires, slots, policy, adoption, limits.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>
#include <variant>

#include "bpfmap/bpf_map.h"
#include "datapath/convert.h"
#include "packet/packet_fixture.h"

namespace keyline::datapath {
namespace {

using policy::Direction;

std::vector<AcquireRaised> acquires(Datapath& datapath) {
    std::vector<AcquireRaised> found;
    for (const Event& event : datapath.drain()) {
        if (const auto* acquire = std::get_if<AcquireRaised>(&event)) {
            found.push_back(*acquire);
        }
    }
    return found;
}

// The value of the handover in a frame's source address.
std::uint32_t handover_value(const Bytes& frame) {
    return static_cast<std::uint32_t>(frame[6]) | static_cast<std::uint32_t>(frame[7]) << 8;
}

TEST_F(PacketTest, AnAcquireIsRaisedOncePerIntervalAndSlot) {
    const Bytes frame = udp_frame("10.1.0.1", "10.1.0.3");
    run(Program::kEgress, frame);
    run(Program::kEgress, frame);
    const auto raised = acquires(datapath());
    ASSERT_EQ(raised.size(), 1U);
    EXPECT_EQ(raised[0].rule, 3U);
    EXPECT_EQ(raised[0].packet, (policy::PacketTuple{.local = *IpAddress::parse("10.1.0.1"),
                                                     .remote = *IpAddress::parse("10.1.0.3"),
                                                     .protocol = 17,
                                                     .local_port = 4000,
                                                     .remote_port = 5000}));
    policy::Policy eager = test_policy();
    eager.datapath.acquire_interval = std::chrono::milliseconds(0);
    ASSERT_TRUE(datapath().apply(eager));
    run(Program::kEgress, frame);
    EXPECT_EQ(acquires(datapath()).size(), 1U);
}

TEST_F(PacketTest, AFailedAcquireIsNotRaisedAgainAtOnce) {
    const policy::PacketTuple packet{.local = *IpAddress::parse("10.1.0.1"),
                                     .remote = *IpAddress::parse("10.1.0.3"),
                                     .protocol = 17,
                                     .local_port = 4000,
                                     .remote_port = 5000};
    datapath().release(3, packet, 0);
    run(Program::kEgress, udp_frame("10.1.0.1", "10.1.0.3"));
    EXPECT_TRUE(acquires(datapath()).empty());
}

TEST_F(PacketTest, WithoutHoldAPacketThatWantsAnSaIsDropped) {
    policy::Policy policy = test_policy();
    policy.datapath.hold = false;
    ASSERT_TRUE(datapath().apply(policy));
    const Outcome outcome = run(Program::kEgress, udp_frame("10.1.0.1", "10.1.0.3"));
    EXPECT_EQ(outcome.verdict, Verdict::kDrop);
    EXPECT_EQ(outcome.reasons, "no-sa");
    EXPECT_EQ(acquires(datapath()).size(), 1U);
}

TEST_F(PacketTest, WithoutAWorkerEspIsDroppedAndCounted) {
    const Bytes esp = *from_hex(
        "02000000000a02000000000b0800450000240000000040320000"
        "0a0100020a010001"
        "1122334400000001"
        "6565656565656565");
    EXPECT_EQ(run(Program::kIngress, esp).reasons, "in-fastpath");
    serve(false);
    EXPECT_EQ(run(Program::kIngress, esp).reasons, "no-worker");
}

TEST_F(PacketTest, ANewPolicyDecidesOldFlowsAnew) {
    const Bytes frame = udp_frame("10.1.0.1", "10.1.0.4");
    EXPECT_EQ(run(Program::kEgress, frame).reasons, "pass-bypass");
    policy::Policy policy = test_policy();
    for (policy::Rule& rule : policy.rules) {
        if (rule.id == 4) {
            rule.action = policy::RuleAction::kBlock;
        }
    }
    ASSERT_TRUE(datapath().apply(policy));
    EXPECT_EQ(run(Program::kEgress, frame).reasons, "block");
    policy.rules.clear();
    policy.host.default_action = policy::RuleAction::kBlock;
    ASSERT_TRUE(datapath().apply(policy));
    EXPECT_EQ(run(Program::kEgress, frame).reasons, "block");
    EXPECT_FALSE(datapath().view().rule(4));
}

// MS-AIPS 3.11.4.2: by it or, when it is gone, by none.
TEST_F(PacketTest, AConnectionOfAPeersUserGoesByThatUsersSa) {
    const Bytes frame = udp_frame("10.1.0.1", "10.1.0.2");
    constexpr std::uint32_t kUser = KL_PEER_USERS + 5;
    policy::SadEntry entry = test_sa(Direction::kOutbound, 77, 2, "10.1.0.1", "10.1.0.2");
    entry.impersonation_handle = kUser;
    ASSERT_TRUE(datapath().install(entry));
    EXPECT_EQ(handover_value(run(Program::kEgress, frame).frame), 1U);

    const auto connections = bpfmap::Map::open_pinned(options().pin_root + "/packet/kl_connections");
    ASSERT_TRUE(connections);
    const kl_tuple tuple = to_kl(policy::PacketTuple{.local = *IpAddress::parse("10.1.0.1"),
                                                     .remote = *IpAddress::parse("10.1.0.2"),
                                                     .protocol = 17,
                                                     .local_port = 4000,
                                                     .remote_port = 5000});
    ASSERT_TRUE(connections->update(tuple, kl_connection{.user = kUser, .flags = 0, .last_seen = 0}));
    EXPECT_EQ(handover_value(run(Program::kEgress, frame).frame), 6U);
    EXPECT_EQ(handover_value(run(Program::kEgress, frame).frame), 6U);
    ASSERT_TRUE(datapath().remove(Direction::kOutbound, 77, *IpAddress::parse("10.1.0.2")));
    EXPECT_EQ(run(Program::kEgress, frame).reasons, "out-held");
    const auto raised = acquires(datapath());
    ASSERT_EQ(raised.size(), 1U);
    EXPECT_EQ(raised[0].impersonation_handle, kUser);
}

// The socket of the test run is root's.
TEST_F(PacketTest, UnderAPerUserRuleRootIsTheMachine) {
    policy::Policy policy = test_policy();
    for (policy::Rule& rule : policy.rules)
        rule.per_user = rule.id == 3;
    ASSERT_TRUE(datapath().apply(policy));
    run(Program::kEgress, udp_frame("10.1.0.1", "10.1.0.3"));
    const auto raised = acquires(datapath());
    ASSERT_EQ(raised.size(), 1U);
    EXPECT_EQ(raised[0].impersonation_handle, 0U);
}

TEST_F(PacketTest, ARekeyReplacesTheSaInPlace) {
    const Bytes frame = udp_frame("10.1.0.1", "10.1.0.2");
    EXPECT_EQ(handover_value(run(Program::kEgress, frame).frame), 1U);
    ASSERT_TRUE(datapath().install(test_sa(Direction::kOutbound, 77, 2, "10.1.0.1", "10.1.0.2")));
    EXPECT_EQ(handover_value(run(Program::kEgress, frame).frame), 6U);
    EXPECT_TRUE(datapath().remove(Direction::kOutbound, 1, *IpAddress::parse("10.1.0.2")));
    EXPECT_EQ(handover_value(run(Program::kEgress, frame).frame), 6U);
    EXPECT_TRUE(datapath().remove(Direction::kOutbound, 77, *IpAddress::parse("10.1.0.2")));
    EXPECT_FALSE(datapath().remove(Direction::kOutbound, 77, *IpAddress::parse("10.1.0.2")));
    EXPECT_EQ(run(Program::kEgress, frame).reasons, "out-held");
}

// RFC 3947 7: the worker notes where the peer is, the keyer decides, and the SAs follow with all their state.
TEST_F(PacketTest, SasFollowTheirPeer) {
    const IpAddress before = *IpAddress::parse("10.1.0.6"), after = *IpAddress::parse("10.1.0.7");
    policy::SadEntry out = test_sa(Direction::kOutbound, 60, 6, "10.1.0.1", "10.1.0.6");
    out.encapsulation = {.local_port = 4500, .remote_port = 20001, .follow_remote = true};
    policy::SadEntry in = out.clone();
    in.direction = Direction::kInbound;
    in.spi = 61;
    ASSERT_TRUE(datapath().install(out));
    ASSERT_TRUE(datapath().install(in));
    EXPECT_TRUE(datapath().sa_events().moved.empty());

    std::uint32_t index = 0;
    const auto sas = bpfmap::Map::open_pinned(options().pin_root + "/packet/kl_sas");
    sas->for_each_key<std::uint32_t>([&](std::uint32_t each) {
        if (sas->lookup<kl_sa>(each)->spi == in.spi) index = each;
        return true;
    });
    auto state_map = bpfmap::Map::open_pinned(options().pin_root + "/packet/kl_sa_state");
    auto config_map = bpfmap::Map::open_pinned(options().pin_root + "/packet/kl_config");
    auto state = bpfmap::MappedArray<kl_sa_state>::map(*state_map, true);
    auto config = bpfmap::MappedArray<kl_config>::map(*config_map, true);
    ASSERT_TRUE(state && config);
    (*state)[index].sequence = 77;
    (*state)[index].source = kl_source(after.octets().data(), 30001);
    ++(*config)[0].sa_events;
    const auto moved = datapath().sa_events().moved;
    ASSERT_EQ(moved.size(), 1U);
    EXPECT_EQ(moved[0].spi, 61U);
    EXPECT_EQ(moved[0].remote, (Endpoint{after, 30001}));
    EXPECT_TRUE(datapath().sa_events().moved.empty()) << "told once";

    const std::uint32_t epoch = (*state)[index].epoch;
    ASSERT_TRUE(datapath().move(Direction::kInbound, 61, before, moved[0].remote));
    ASSERT_TRUE(datapath().move(Direction::kOutbound, 60, before, moved[0].remote));
    EXPECT_NE((*state)[index].epoch, epoch) << "or no worker would read it again";
    EXPECT_EQ((*state)[index].sequence, 77U);
    const auto read = sas->lookup<kl_sa>(index);
    EXPECT_EQ(read->epoch, (*state)[index].epoch);
    EXPECT_EQ(read->encap_remote_port, 30001);
    EXPECT_EQ(from_kl(read->selector).remote, Prefix::host(after));
    const auto gone = datapath().move(Direction::kOutbound, 60, before, moved[0].remote);
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error(),
              "cannot move the outbound SA 0x0000003c with 10.1.0.6 to 10.1.0.7:30001: there is none");
    EXPECT_TRUE(datapath().remove(Direction::kOutbound, 60, after));
    EXPECT_TRUE(datapath().remove(Direction::kInbound, 61, after));
}

// RFC 4301 4.4.1.2: an SA for one port serves that port alone; the rest waits for its own.
TEST_F(PacketTest, ANarrowSaServesItsSelectorOnly) {
    policy::SadEntry narrow = test_sa(Direction::kOutbound, 5, 3, "10.1.0.1", "10.1.0.3");
    narrow.selector.protocol = 17;
    narrow.selector.remote_port = 5000;
    ASSERT_TRUE(datapath().install(narrow));
    Bytes frame = udp_frame("10.1.0.1", "10.1.0.3");
    EXPECT_EQ(run(Program::kEgress, frame).reasons, "out-fastpath");
    frame[37] ^= 1;  // the destination port
    EXPECT_EQ(run(Program::kEgress, frame).reasons, "out-held");
}

TEST_F(PacketTest, ATunnelTakesTheOuterNextHop) {
    ASSERT_EQ(std::system("ip neigh replace 10.1.0.9 lladdr 02:00:00:00:00:99 dev klport"), 0);
    const Outcome outcome = run(Program::kEgress, udp_frame("10.1.0.1", "10.2.0.1"));
    EXPECT_EQ(outcome.reasons, "out-fastpath");
    EXPECT_EQ(to_hex({outcome.frame.data(), 12}),
              "020000000099"
              "050000000101");
}

// A gateway: the LAN behind klan, the tunnel of rule 9 out of klport.
TEST_F(PacketTest, ALanPacketWithAnSaTakesTheShortWay) {
    ASSERT_EQ(std::system("ip link add klan type veth peer name klan2 && ip addr add 10.3.0.1/24 dev klan && "
                          "ip link set klan up && ip link set klan2 up && "
                          "echo 1 > /proc/sys/net/ipv4/conf/klan/forwarding && "
                          "ip neigh replace 10.1.0.9 lladdr 02:00:00:00:00:99 dev klport && "
                          "ip route add 10.2.0.0/16 via 10.1.0.9"),
              0);
    policy::Policy policy = test_policy();
    for (policy::Rule& rule : policy.rules) {
        if (rule.id == 9) {
            rule.selectors[0].local = *Prefix::parse("10.3.0.0/24");
        }
    }
    ASSERT_TRUE(datapath().apply(policy));
    policy::SadEntry sa = test_sa(Direction::kOutbound, 10, 9, "10.1.0.1", "10.1.0.9");
    sa.mode = policy::Mode::kTunnel;
    sa.selector = {.local = *Prefix::parse("10.3.0.0/24"), .remote = *Prefix::parse("10.2.0.0/16")};
    ASSERT_TRUE(datapath().install(sa));
    ASSERT_TRUE(datapath().attach("klan", policy::InterfaceRole::kProtected));
    serve(true, 2);

    const Outcome sealed = run(Program::kIngress, udp_frame("10.3.0.5", "10.2.0.1"), "klan");
    EXPECT_EQ(sealed.verdict, Verdict::kHandOver);
    EXPECT_EQ(sealed.reasons, "out-fastpath");
    EXPECT_EQ(to_hex({sealed.frame.data(), 12}),
              "020000000099"
              "060000000101");
    // To the gateway itself, without an SA, without a rule: the stack's, and policy's at the other port's
    // egress.
    for (const char* destination : {"10.3.0.1", "10.1.0.3", "192.0.2.1"}) {
        const Outcome passed = run(Program::kIngress, udp_frame("10.3.0.5", destination), "klan");
        EXPECT_EQ(passed.verdict, Verdict::kPass) << destination;
        EXPECT_EQ(passed.reasons, "") << destination;
    }
    Bytes last_hop = udp_frame("10.3.0.5", "10.2.0.1");
    last_hop[22] = 1;  // TTL: the stack answers that it is exceeded
    EXPECT_EQ(run(Program::kIngress, last_hop, "klan").verdict, Verdict::kPass);
}

TEST_F(PacketTest, AnUnresolvedNextHopIsAskedFor) {
    run(Program::kEgress, udp_frame("10.1.0.1", "10.2.0.1"));
    const std::vector<Event> events = datapath().drain();
    ASSERT_EQ(events.size(), 1U);
    const auto* wanted = std::get_if<NeighbourWanted>(&events[0]);
    ASSERT_NE(wanted, nullptr);
    EXPECT_EQ(wanted->next_hop.to_string(), "10.1.0.9");
    EXPECT_EQ(std::system("ip neigh show 10.1.0.9 dev klport | grep -q ."), 0);
}

TEST_F(PacketTest, ARestartedDaemonAdoptsEverything) {
    ASSERT_EQ(datapath().adopted().size(), 5U);
    restart();
    const auto adopted = datapath().adopted();
    ASSERT_EQ(adopted.size(), 5U);
    EXPECT_EQ(adopted[1].spi, kInboundSpi);
    EXPECT_EQ(adopted[1].direction, Direction::kInbound);
    EXPECT_EQ(adopted[1].peer, "host/peer.example");
    EXPECT_EQ(adopted[1].suite, policy::EspSuite{});
    EXPECT_TRUE(adopted[1].encryption_key.empty());
    EXPECT_EQ(run(Program::kEgress, udp_frame("10.1.0.1", "10.1.0.2")).reasons, "out-fastpath");
    EXPECT_TRUE(datapath().remove(Direction::kInbound, kInboundSpi, *IpAddress::parse("10.1.0.2")));
}

TEST_F(PacketTest, MapsOfAnotherVersionAreNotAdopted) {
    const auto map = bpfmap::Map::open_pinned(options().pin_root + "/packet/kl_config");
    ASSERT_TRUE(map);
    kl_config config = datapath().view().config();
    config.version = KL_CONTRACT_VERSION + 1;
    ASSERT_TRUE(map->update(std::uint32_t{0}, config));
    const auto opened = Datapath::open(options());
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().find("another version"), std::string::npos) << opened.error();
    const auto view = View::open(options().instance, options().pin_root);
    EXPECT_FALSE(view);
}

TEST_F(PacketTest, LimitsAreReportedOnce) {
    policy::SadEntry brief = test_sa(Direction::kOutbound, 50, 3, "10.1.0.1", "10.1.0.3");
    brief.lifetime.soft_time = std::chrono::seconds(1);
    brief.lifetime.hard_time = std::chrono::seconds(2);
    ASSERT_TRUE(datapath().install(brief));
    std::vector<SaExpiry> reported;
    for (int i = 0; i < 50 && reported.size() < 2; ++i) {
        for (const SaExpiry& expiry : datapath().sa_events().expired) {
            reported.push_back(expiry);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    ASSERT_EQ(reported.size(), 2U);
    EXPECT_FALSE(reported[0].hard);
    EXPECT_TRUE(reported[1].hard);
    EXPECT_EQ(reported[1].spi, 50U);
    EXPECT_EQ(reported[1].remote.to_string(), "10.1.0.3");
    EXPECT_TRUE(datapath().sa_events().expired.empty());
}

TEST_F(PacketTest, AForeignXdpProgramIsNamedAndLeftAlone) {
    ASSERT_EQ(std::system("ip link add klother type veth peer name klother2"), 0);
    const bpf_insn pass[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = XDP_PASS},
        {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0}};
    const int program = bpf_prog_load(BPF_PROG_TYPE_XDP, "foreign_xdp", "GPL", pass, 2, nullptr);
    ASSERT_GE(program, 0);
    const int ifindex = static_cast<int>(::if_nametoindex("klother"));
    ASSERT_EQ(bpf_xdp_attach(ifindex, program, 0, nullptr), 0);
    const auto attached = datapath().attach("klother", policy::InterfaceRole::kUnprotected);
    ASSERT_FALSE(attached);
    EXPECT_NE(attached.error().find("foreign_xdp"), std::string::npos) << attached.error();
    std::uint32_t id = 0;
    EXPECT_EQ(bpf_xdp_query_id(ifindex, 0, &id), 0);
    EXPECT_NE(id, 0U);
    EXPECT_NE(std::system("tc qdisc show dev klother | grep -q clsact"), 0)
        << "a failed attach left its qdisc";
    ::close(program);
}

TEST_F(PacketTest, DetachLeavesNoTrace) {
    ASSERT_TRUE(datapath().detach(kInterface));
    EXPECT_FALSE(datapath().detach(kInterface));
    EXPECT_NE(std::system("tc qdisc show dev klport | grep -q clsact"), 0);
    EXPECT_NE(std::system("ip link show klport | grep -q xdp"), 0);
    ASSERT_TRUE(datapath().attach(kInterface, policy::InterfaceRole::kProtected));
    EXPECT_EQ(std::system("ip link show klport | grep -q xdp"), 0);
}

TEST_F(PacketTest, MissingInterfacesAndWrongInstancesAreExplained) {
    const auto attached = datapath().attach("nosuch0", policy::InterfaceRole::kUnprotected);
    ASSERT_FALSE(attached);
    EXPECT_NE(attached.error().find("nosuch0"), std::string::npos);
    Options wrong = options();
    wrong.instance = "longer-than-eleven";
    EXPECT_FALSE(Datapath::open(wrong));
    EXPECT_FALSE(View::open("absent", options().pin_root));
}

}  // namespace
}  // namespace keyline::datapath
