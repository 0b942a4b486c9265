#include "daemon/key_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "unit/daemon/temporary_directory.h"

namespace keyline::daemon {
namespace {

using policy::Encryption;
using policy::Integrity;
using testing::HasSubstr;

class KeyExportTest : public testing::Test {
  protected:
    std::filesystem::path directory() const { return temporary_.path() / "keys"; }

    std::string refusal() const {
        const auto opened = KeyExport::open(directory());
        return opened ? "" : opened.error();
    }

    std::string contents(const char* name) const {
        std::ostringstream text;
        text << std::ifstream(directory() / name).rdbuf();
        return text.str();
    }

    void make_directory(mode_t mode) const {
        std::filesystem::create_directory(directory());
        ASSERT_EQ(::chmod(directory().c_str(), mode), 0);
    }

  private:
    TemporaryDirectory temporary_;
};

policy::SadEntry outbound(policy::EspSuite suite) {
    policy::SadEntry entry;
    entry.direction = policy::Direction::kOutbound;
    entry.spi = 0x1234abcd;
    entry.local = *IpAddress::parse("192.0.2.1");
    entry.remote = *IpAddress::parse("192.0.2.2");
    entry.suite = suite;
    entry.encryption_key = Secret::copy_of(Bytes(suite.encryption_key_octets(), 0xe1));
    entry.integrity_key = Secret::copy_of(Bytes(suite.integrity_key_octets(), 0xa2));
    return entry;
}

std::string repeated(const std::string& text, std::size_t times) {
    std::string result;
    for (; times > 0; --times)
        result += text;
    return result;
}

TEST_F(KeyExportTest, WritesWhatWiresharkReads) {
    auto exported = KeyExport::open(directory());
    ASSERT_TRUE(exported) << exported.error();
    ASSERT_TRUE(exported->add(outbound({Encryption::kAesGcm16, 16, Integrity::kNone})));
    policy::SadEntry inbound = outbound({Encryption::kAesCbc, 32, Integrity::kHmacSha256_128});
    inbound.direction = policy::Direction::kInbound;
    inbound.local = *IpAddress::parse("2001:db8::1");
    inbound.remote = *IpAddress::parse("2001:db8::2");
    ASSERT_TRUE(exported->add(inbound));
    inbound.esn = true;
    ASSERT_TRUE(exported->add(inbound));
    ASSERT_TRUE(exported->add(outbound({Encryption::kAesGmac, 16, Integrity::kNone})));
    const std::string cbc = R"("IPv6","2001:db8::2","2001:db8::1","0x1234abcd","AES-CBC [RFC3602]","0x)" +
                            repeated("e1", 32) + R"(",")";
    EXPECT_EQ(contents("esp_sa"),
              R"("IPv4","192.0.2.1","192.0.2.2","0x1234abcd","AES-GCM with 16 octet ICV [RFC4106]","0x)" +
                  repeated("e1", 20) + R"(","NULL","0x")" + "\n" + cbc +
                  R"(HMAC-SHA-256-128 [RFC4868]","0x)" + repeated("a2", 32) + "\"\n" + cbc +
                  R"(ANY 128 bit authentication [no checking]","0x)" + repeated("a2", 32) +
                  "\"\n# 0x1234abcd: Wireshark does not know aes-gmac-128\n");
}

TEST_F(KeyExportTest, WritesWhatTheDissectorReads) {
    auto exported = KeyExport::open(directory());
    ASSERT_TRUE(exported) << exported.error();
    exchange::ExportMmKeys keys;
    keys.initiator_cookie.fill(0x01);
    keys.responder_cookie.fill(0x02);
    keys.proposal = {policy::MmEncryption::kAesCbc128, policy::MmHash::kSha256};
    keys.encryption_key = Secret::copy_of(Bytes(16, 0xe1));
    keys.integrity_key = Secret::copy_of(Bytes(32, 0xa2));
    keys.icv_octets = 16;
    ASSERT_TRUE(exported->add(keys));
    EXPECT_EQ(contents("authip_keys"), "0101010101010101,0202020202020202,aes-cbc-128/sha2-256," +
                                           repeated("e1", 16) + "," + repeated("a2", 32) + ",16\n");
}

TEST_F(KeyExportTest, WritesIkev1sKeysForWireshark) {
    auto exported = KeyExport::open(directory());
    ASSERT_TRUE(exported) << exported.error();
    exchange::ExportMmKeys keys{.protocol = policy::Protocol::kIkev1,
                                .proposal = {},
                                .encryption_key = Secret::copy_of(Bytes(16, 0xe1)),
                                .integrity_key = {}};
    keys.initiator_cookie.fill(0x01);
    ASSERT_TRUE(exported->add(keys));
    EXPECT_EQ(contents("ikev1_decryption_table"), "0101010101010101," + repeated("e1", 16) + "\n");
    EXPECT_EQ(contents("authip_keys"), "");
}

TEST_F(KeyExportTest, IsForThisUserAloneAndGoesOn) {
    for (int start = 0; start < 2; ++start) {
        auto exported = KeyExport::open(directory());
        ASSERT_TRUE(exported) << exported.error();
        ASSERT_TRUE(exported->add(outbound({Encryption::kAesGcm16, 16, Integrity::kNone})));
    }
    EXPECT_EQ(std::ranges::count(contents("esp_sa"), '\n'), 2);
    for (const char* const name : {"", "esp_sa", "authip_keys", "ikev1_decryption_table"}) {
        struct stat status {};
        ASSERT_EQ(::stat((directory() / name).c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777, *name == '\0' ? 0700U : 0600U) << name;
    }
}

TEST_F(KeyExportTest, RefusesADirectoryThatOthersEnter) {
    make_directory(0750);
    EXPECT_THAT(refusal(), HasSubstr("others may enter it; `chown"));
}

TEST_F(KeyExportTest, RefusesAPlaceThatOthersMayChange) {
    ASSERT_EQ(::chmod(directory().parent_path().c_str(), 0777), 0);
    EXPECT_EQ(refusal(), "key export: " + directory().string() + ": others may change " +
                             directory().parent_path().string() + "; choose one in /run/keyline");
}

TEST_F(KeyExportTest, RefusesLinks) {
    std::filesystem::create_directory_symlink("/root", directory());
    EXPECT_THAT(refusal(), HasSubstr("a directory and no link is wanted"));
    std::filesystem::remove(directory());
    make_directory(0700);
    std::filesystem::create_symlink("/dev/null", directory() / "esp_sa");
    EXPECT_THAT(refusal(), HasSubstr("esp_sa: Too many levels of symbolic links"));
    std::filesystem::remove(directory() / "esp_sa");
    std::ofstream(directory() / "other") << "";
    std::filesystem::create_hard_link(directory() / "other", directory() / "authip_keys");
    EXPECT_THAT(refusal(), HasSubstr("authip_keys: is no file of this user alone; remove it"));
}

TEST_F(KeyExportTest, RefusesPathsThatAreNone) {
    for (const char* const path : {"", "keys", "/", "/run/keys/", "/does/not/exist/keys"}) {
        EXPECT_FALSE(KeyExport::open(path)) << path;
    }
}

}  // namespace
}  // namespace keyline::daemon
