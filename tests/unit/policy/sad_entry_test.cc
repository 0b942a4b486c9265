#include "policy/sad_entry.h"

#include "unit/policy/text.h"

namespace keyline::policy {
namespace {

TEST(SadEntryTest, ClonesEveryField) {
    SadEntry entry;
    entry.direction = Direction::kOutbound;
    entry.spi = 0x1001;
    entry.twin_spi = 0x2002;
    entry.local = address("192.0.2.1");
    entry.remote = address("198.51.100.1");
    entry.mode = Mode::kTunnel;
    entry.selector = {prefix("10.1.0.0/16"), prefix("10.2.0.0/16"), 6, 1, 2};
    entry.suite = EspSuite::parse("aes-cbc-128/hmac-sha1-96").value();
    entry.encryption_key = Secret::copy_of(as_bytes("0123456789abcdef"));
    entry.integrity_key = Secret::copy_of(as_bytes("0123456789abcdefghij"));
    entry.esn = true;
    entry.replay_window = 64;
    entry.encapsulation = {4500, 1024};
    entry.lifetime = {std::chrono::seconds(1), std::chrono::seconds(2), 3, 4, 5, 6};
    entry.engine = Engine::kFastpath;
    entry.rule = 7;
    entry.impersonation_handle = 8;
    entry.peer = "host/b.example.com@EXAMPLE.COM";

    const SadEntry copy = entry.clone();
    EXPECT_EQ(copy.direction, entry.direction);
    EXPECT_EQ(copy.spi, entry.spi);
    EXPECT_EQ(copy.twin_spi, entry.twin_spi);
    EXPECT_EQ(copy.local, entry.local);
    EXPECT_EQ(copy.remote, entry.remote);
    EXPECT_EQ(copy.mode, entry.mode);
    EXPECT_EQ(copy.selector, entry.selector);
    EXPECT_EQ(copy.suite, entry.suite);
    EXPECT_TRUE(copy.encryption_key == entry.encryption_key);
    EXPECT_TRUE(copy.integrity_key == entry.integrity_key);
    EXPECT_NE(copy.encryption_key.view().data(), entry.encryption_key.view().data());
    EXPECT_EQ(copy.esn, entry.esn);
    EXPECT_EQ(copy.replay_window, entry.replay_window);
    EXPECT_EQ(copy.encapsulation, entry.encapsulation);
    EXPECT_EQ(copy.lifetime, entry.lifetime);
    EXPECT_EQ(copy.engine, entry.engine);
    EXPECT_EQ(copy.rule, entry.rule);
    EXPECT_EQ(copy.impersonation_handle, entry.impersonation_handle);
    EXPECT_EQ(copy.peer, entry.peer);
}

}  // namespace
}  // namespace keyline::policy
