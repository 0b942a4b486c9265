#include "policy/config/toml_guard.h"

#include <gtest/gtest.h>

namespace keyline::policy::config {
namespace {

std::string found(std::string_view text) {
    const auto error = find_unsafe_toml(text);
    if (!error) return "nothing";
    return std::to_string(error->position.line) + ':' + std::to_string(error->position.column);
}

TEST(TomlGuardTest, FindsLettersBeyondAsciiOutsideOfQuotesAndComments) {
    EXPECT_EQ(found("é = 1"), "1:1");
    EXPECT_EQ(found("a = 1\n  b = é"), "2:7");
    EXPECT_EQ(found(R"(a = ""é")"), "1:7");
    EXPECT_EQ(found(R"(a = 'x'é)"), "1:8");
    EXPECT_EQ(found(R"(a = '\'é)"), "1:8");
    EXPECT_EQ(found("a = \"\"\"\nx\"\"\"\"\"\né"), "3:1");
    EXPECT_EQ(found("# c\né"), "2:1");
    EXPECT_EQ(found("a = \"unterminated\né"), "2:1");
    EXPECT_EQ(find_unsafe_toml("é")->text,
              "not TOML: a character beyond ASCII outside of quotes and comments");
}

TEST(TomlGuardTest, FindsLettersBeyondAsciiAfterBackslashes) {
    EXPECT_EQ(found(R"(a = "\é")"), "1:7");
    EXPECT_EQ(found(R"(a = """\é""")"), "1:9");
    EXPECT_EQ(found("a = \"\"\"\\\n  \r\n\té\"\"\""), "3:2");
    EXPECT_EQ(found("a = \"\"\"\\  é\"\"\""), "1:11");
    EXPECT_EQ(found("a = \"\"\"\\\n  bé\"\"\""), "nothing");
    EXPECT_EQ(found(R"(a = '\é')"), "nothing");
}

TEST(TomlGuardTest, LetsStringsAndCommentsBe) {
    EXPECT_EQ(found("\xef\xbb\xbf#"), "nothing");
    EXPECT_EQ(found(R"(a = "é" # é)"), "nothing");
    EXPECT_EQ(found(R"('é' = "\"é")"), "nothing");
    EXPECT_EQ(found("a = \"\"\"é\n\"é\"\"é\\\"\"\"é\"\"\""), "nothing");
    EXPECT_EQ(found("a = '''é\n'é''é\\'''\nb = 1"), "nothing");
    EXPECT_EQ(found("a = \"\"\"é"), "nothing");
    EXPECT_EQ(found("a = \"\\"), "nothing");
    EXPECT_EQ(found(""), "nothing");
}

TEST(TomlGuardTest, FindsKeysOfEndlessParts) {
    const auto key = [](int parts) {
        std::string text = "a";
        for (int i = 1; i < parts; ++i)
            text += ".a";
        return text;
    };
    EXPECT_EQ(found(key(64) + " = 1\n" + key(64) + " = 1"), "nothing");
    EXPECT_EQ(found("x = 1\n" + key(65) + " = 1"), "2:128");
    EXPECT_EQ(found('[' + key(100'000) + ']'), "1:129");
    EXPECT_EQ(found("x = { " + key(65) + " = 1 }"), "1:134");
    EXPECT_EQ(found("x = \"" + key(1000) + "\" # " + key(1000)), "nothing");
    EXPECT_EQ(find_unsafe_toml(key(65))->text, "a key has more than 64 parts");
}

}  // namespace
}  // namespace keyline::policy::config
