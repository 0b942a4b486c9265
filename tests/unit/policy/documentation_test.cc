// docs/keyline.toml.md and the examples beside it say what the loader does.
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "unit/policy/text.h"

namespace keyline::policy {
namespace {

std::filesystem::path docs() { return KEYLINE_DOCS_DIR; }

std::string contents(const std::filesystem::path& path) {
    std::ifstream file(path);
    EXPECT_TRUE(file) << path;
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::vector<std::string> toml_blocks(const std::string& markdown) {
    std::vector<std::string> blocks;
    constexpr std::string_view kOpening = "```toml\n", kClosing = "```";
    for (std::size_t at = markdown.find(kOpening); at != std::string::npos;
         at = markdown.find(kOpening, at)) {
        at += kOpening.size();
        const std::size_t end = markdown.find(kClosing, at);
        blocks.push_back(markdown.substr(at, end - at));
    }
    return blocks;
}

// What stands between backquotes in the text.
std::vector<std::string> quoted_words(std::string_view text) {
    std::vector<std::string> words;
    for (std::size_t open = text.find('`'); open != std::string_view::npos; open = text.find('`', open)) {
        const std::size_t close = text.find('`', open + 1);
        words.emplace_back(text.substr(open + 1, close - open - 1));
        open = close + 1;
    }
    return words;
}

// "table.key" for every row of the tables under a heading such as "## [[rule]]".
std::set<std::string> documented_keys(const std::string& markdown) {
    std::set<std::string> keys;
    std::istringstream lines(markdown);
    std::string table;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("## ")) {
            const std::size_t start = line.find_first_not_of('[', line.find('['));
            table = line.find('[') == std::string::npos ? "" : line.substr(start, line.find(']') - start);
        } else if (line.starts_with("| `") && !table.empty()) {
            for (const std::string& key : quoted_words(line.substr(1, line.find('|', 1)))) {
                keys.insert(table + '.' + key);
            }
        }
    }
    return keys;
}

TEST(DocumentationTest, EveryBlockOfTheReferenceLoadsWithoutWarning) {
    const std::vector<std::string> blocks = toml_blocks(contents(docs() / "keyline.toml.md"));
    EXPECT_GE(blocks.size(), 9U);
    for (const std::string& block : blocks)
        EXPECT_EQ(warnings_of(block), "") << block;
}

TEST(DocumentationTest, TheReferenceHasEveryKeyAndNoOther) {
    std::set<std::string> known;
    for (const std::string& key : known_keys()) {
        if (!key.starts_with("rule.selectors.")) known.insert(key);  // the rule's own keys again
    }
    EXPECT_EQ(documented_keys(contents(docs() / "keyline.toml.md")), known);
}

TEST(DocumentationTest, EveryExampleLoadsWithoutWarning) {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(docs() / "examples")) {
        if (entry.path().extension() != ".toml") continue;
        EXPECT_EQ(warnings_of(contents(entry.path())), "") << entry.path();
        ++count;
    }
    EXPECT_GE(count, 1U);
}

}  // namespace
}  // namespace keyline::policy
