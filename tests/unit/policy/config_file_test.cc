// What happens before the text is read: files that are absent, unreadable, too large, writable by anyone.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "unit/policy/text.h"

namespace keyline::policy {
namespace {

class ConfigFileTest : public testing::Test {
  protected:
    ConfigFileTest() {
        std::string pattern = (std::filesystem::temp_directory_path() / "keyline-config-XXXXXX").string();
        directory_ = mkdtemp(pattern.data());
    }
    ~ConfigFileTest() override { std::filesystem::remove_all(directory_); }

    std::filesystem::path write(std::string_view text) {
        std::filesystem::path path = directory_ / "keyline.toml";
        std::ofstream(path) << text;
        return path;
    }
    // The one error of a file that does not load, without the directory.
    std::string error_of(const std::filesystem::path& path) {
        const auto outcome = load_file(path);
        if (outcome) return "loads";
        EXPECT_EQ(outcome.error().size(), 1U);
        return outcome.error().front().to_string().substr(directory_.string().size() + 1);
    }

    std::filesystem::path directory_;
};

TEST_F(ConfigFileTest, Loads) {
    const auto outcome = load_file(write("[host]\ninstance = \"edge\"\n"));
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->policy.host.instance, "edge");
    EXPECT_TRUE(outcome->warnings.empty());
}

TEST_F(ConfigFileTest, Absent) {
    EXPECT_EQ(
        error_of(directory_ / "none.toml"),
        "none.toml: cannot read: No such file or directory; create it (docs/keyline.toml.md has examples) or "
        "name another with --config");
}

TEST_F(ConfigFileTest, Directory) {
    std::filesystem::create_directory(directory_ / "d");
    EXPECT_EQ(error_of(directory_ / "d"), "d: cannot read: Is a directory; name the file in it");
}

TEST_F(ConfigFileTest, NotPermitted) {
    const std::filesystem::path path = write("");
    chmod(path.c_str(), 0);
    // Root may read anything: look through the eyes of nobody.
    constexpr uid_t kNobody = 65534;
    const bool was_root = geteuid() == 0;
    if (was_root) {
        chmod(directory_.c_str(), 0755);
        ASSERT_EQ(seteuid(kNobody), 0);
    }
    const std::string error = error_of(path);
    ASSERT_EQ(seteuid(was_root ? 0 : geteuid()), 0);
    EXPECT_EQ(
        error,
        "keyline.toml: cannot read: Permission denied; run as root, or grant this user read permission");
}

TEST_F(ConfigFileTest, TooLarge) {
    const std::filesystem::path path = write("");
    std::filesystem::resize_file(path, kMaxConfigOctets + 1);
    EXPECT_EQ(error_of(path), "keyline.toml: is larger than 64 MiB, more than any policy needs");
    EXPECT_EQ(load_file("/dev/zero").error().front().to_string(),
              "/dev/zero: is larger than 64 MiB, more than any policy needs");
}

TEST_F(ConfigFileTest, WritableByAnyone) {
    const std::filesystem::path path = write("");
    chmod(path.c_str(), 0666);
    const auto outcome = load_file(path);
    ASSERT_TRUE(outcome);
    ASSERT_EQ(outcome->warnings.size(), 1U);
    EXPECT_EQ(outcome->warnings.front().to_string(),
              path.string() + ": anyone may write this file; take that permission away with `chmod o-w`");
}

}  // namespace
}  // namespace keyline::policy
