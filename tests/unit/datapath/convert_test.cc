#include "datapath/convert.h"

#include <gtest/gtest.h>

#include <cstring>

namespace keyline::datapath {
namespace {

policy::SadEntry full_entry() {
    policy::SadEntry entry;
    entry.direction = policy::Direction::kOutbound;
    entry.spi = 0x01020304;
    entry.twin_spi = 0x05060708;
    entry.local = *IpAddress::parse("2001:db8::1");
    entry.remote = *IpAddress::parse("2001:db8::2");
    entry.mode = policy::Mode::kTunnel;
    entry.selector = {.local = *Prefix::parse("10.0.0.0/8"),
                      .remote = *Prefix::parse("192.0.2.0/24"),
                      .protocol = 6,
                      .local_port = 80,
                      .remote_port = 443};
    entry.suite = {policy::Encryption::kAesCbc, 24, policy::Integrity::kHmacSha1_96};
    entry.esn = true;
    entry.replay_window = 512;
    entry.encapsulation = {4500, 4501};
    entry.lifetime = {.soft_time = std::chrono::seconds(1),
                      .hard_time = std::chrono::seconds(2),
                      .soft_octets = 3,
                      .hard_octets = 4,
                      .soft_packets = 5,
                      .hard_packets = 6};
    entry.engine = policy::Engine::kFastpath;
    entry.rule = 9;
    entry.impersonation_handle = 10;
    entry.peer = "host/b.example";
    return entry;
}

TEST(Convert, AnSaComesBackAsItWent) {
    const policy::SadEntry entry = full_entry();
    const policy::SadEntry back = from_kl(to_kl(entry));
    EXPECT_EQ(back.direction, entry.direction);
    EXPECT_EQ(back.spi, entry.spi);
    EXPECT_EQ(back.twin_spi, entry.twin_spi);
    EXPECT_EQ(back.local, entry.local);
    EXPECT_EQ(back.remote, entry.remote);
    EXPECT_EQ(back.mode, entry.mode);
    EXPECT_EQ(back.selector, entry.selector);
    EXPECT_EQ(back.suite, entry.suite);
    EXPECT_EQ(back.esn, entry.esn);
    EXPECT_EQ(back.replay_window, entry.replay_window);
    EXPECT_EQ(back.encapsulation.local_port, 4500);
    EXPECT_EQ(back.encapsulation.remote_port, 4501);
    EXPECT_EQ(back.lifetime.soft_time, entry.lifetime.soft_time);
    EXPECT_EQ(back.lifetime.hard_time, entry.lifetime.hard_time);
    EXPECT_EQ(back.lifetime.soft_octets, 3U);
    EXPECT_EQ(back.lifetime.hard_packets, 6U);
    EXPECT_EQ(back.engine, entry.engine);
    EXPECT_EQ(back.rule, entry.rule);
    EXPECT_EQ(back.impersonation_handle, entry.impersonation_handle);
    EXPECT_EQ(back.peer, entry.peer);
}

TEST(Convert, ALongPeerNameIsCut) {
    policy::SadEntry entry = full_entry();
    entry.peer = std::string(200, 'x');
    EXPECT_EQ(from_kl(to_kl(entry)).peer, std::string(sizeof(kl_sa::peer) - 1, 'x'));
}

TEST(Convert, APacketOfTheSelectorHasTheSlotKeyOfTheSelector) {
    const policy::Selector selector = full_entry().selector;
    const kl_shape shape = selector_shape(selector);
    const kl_tuple packet = to_kl(policy::PacketTuple{.local = *IpAddress::parse("10.1.2.3"),
                                                      .remote = *IpAddress::parse("192.0.2.77"),
                                                      .protocol = 6,
                                                      .local_port = 80,
                                                      .remote_port = 443});
    const kl_tuple own = selector_tuple(selector);
    kl_slot_key of_packet, of_selector;
    kl_make_slot_key(&of_packet, 9, 0, &packet, &shape);
    kl_make_slot_key(&of_selector, 9, 0, &own, &shape);
    EXPECT_EQ(std::memcmp(&of_packet, &of_selector, sizeof(of_packet)), 0);
}

TEST(Convert, PrefixMasksCutAtEveryBit) {
    const IpAddress ones = *IpAddress::parse("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    const kl_address in = to_kl(ones);
    for (int prefix = 0; prefix <= 128; ++prefix) {
        kl_address out;
        kl_mask_address(&out, &in, prefix);
        EXPECT_EQ(from_kl(out, KL_FAMILY_V6), ones.masked(static_cast<unsigned>(prefix))) << prefix;
    }
}

}  // namespace
}  // namespace keyline::datapath
