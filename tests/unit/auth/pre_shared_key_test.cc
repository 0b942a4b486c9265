#include "auth/pre_shared_key.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace keyline::auth {
namespace {

std::string error_of(std::string_view text) {
    const auto method = PreSharedKeyMethod::parse(text);
    return method ? "" : method.error();
}

TEST(PreSharedKeyTest, TheFirstLineWithTheAddressCounts) {
    const auto method = PreSharedKeyMethod::parse(
        "# gateways\n"
        "192.0.2.1   correct horse, battery\r\n"
        "\n"
        "192.0.2.0/24\t0x00fFaA\n"
        "2001:db8::/32 v6");
    ASSERT_TRUE(method) << method.error();
    const auto key = [&](const char* peer) { return (*method)->key(*IpAddress::parse(peer)); };
    ASSERT_NE(key("192.0.2.1"), nullptr);
    EXPECT_EQ(*key("192.0.2.1"), Secret::copy_of(as_bytes("correct horse, battery")));
    ASSERT_NE(key("192.0.2.2"), nullptr);
    EXPECT_EQ(*key("192.0.2.2"), Secret::copy_of(*from_hex("00ffaa")));
    EXPECT_NE(key("2001:db8::7"), nullptr);
    EXPECT_EQ(key("198.51.100.1"), nullptr);
}

TEST(PreSharedKeyTest, ErrorsNameTheLineAndHoldNoKey) {
    EXPECT_EQ(error_of("192.0.2.1 good\nhost.example.com secret"),
              "line 2: expected an address or a prefix first, then the key");
    EXPECT_EQ(error_of("192.0.2.1"), "line 1: no key, or one that is not hexadecimal after 0x");
    EXPECT_EQ(error_of("192.0.2.1 0xABC"), "line 1: no key, or one that is not hexadecimal after 0x");
    EXPECT_EQ(error_of("192.0.2.1 0xZZ"), "line 1: no key, or one that is not hexadecimal after 0x");
    EXPECT_EQ(error_of("# nothing\n"), "has no key; add lines such as \"192.0.2.1 KEY\"");
}

class PreSharedKeyFileTest : public testing::Test {
  protected:
    PreSharedKeyFileTest() {
        std::string pattern = std::filesystem::temp_directory_path() / "keyline-psk-XXXXXX";
        directory_ = mkdtemp(pattern.data());
        file_ = directory_ / "psk";
        std::ofstream(file_) << "192.0.2.1 secret\n";
    }
    ~PreSharedKeyFileTest() override { std::filesystem::remove_all(directory_); }

    std::filesystem::path directory_;
    std::filesystem::path file_;
};

TEST_F(PreSharedKeyFileTest, IsItsOwnersAlone) {
    chmod(file_.c_str(), 0640);
    const auto shared = PreSharedKeyMethod::load(file_);
    ASSERT_FALSE(shared);
    EXPECT_EQ(shared.error(),
              "auth.psk.file " + file_.string() + ": others than its owner may use it; chmod 600 it");
    chmod(file_.c_str(), 0600);
    EXPECT_TRUE(PreSharedKeyMethod::load(file_));
}

TEST_F(PreSharedKeyFileTest, ThatIsAbsentOrADirectoryIsAnError) {
    EXPECT_EQ(PreSharedKeyMethod::load(directory_ / "absent").error(),
              "auth.psk.file " + (directory_ / "absent").string() + ": No such file or directory");
    EXPECT_EQ(PreSharedKeyMethod::load(directory_).error(),
              "auth.psk.file " + directory_.string() + ": is no regular file");
}

}  // namespace
}  // namespace keyline::auth
