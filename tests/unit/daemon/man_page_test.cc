// The manual pages name every command and option that the programs have.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "cli/command_line.h"
#include "daemon/options.h"

namespace keyline::cli {
namespace {

// A page's text without roff's escapes of hyphens.
std::string page(const char* name) {
    const std::string path = std::string(KEYLINE_PACKAGING_DIR) + "/man/" + name;
    std::ifstream file(path);
    EXPECT_TRUE(file) << path;
    std::stringstream text;
    text << file.rdbuf();
    std::string plain = text.str();
    for (std::size_t at = 0; (at = plain.find("\\-", at)) != std::string::npos;)
        plain.replace(at, 2, "-");
    return plain;
}

TEST(ManPage, KeylineNamesEveryCommandAndOption) {
    std::ostringstream out, err;
    Context context{out, err};
    const auto app = make_app(context);
    const std::string text = page("keyline.8");
    for (const CLI::App* const command : app->get_subcommands([](const CLI::App*) { return true; })) {
        EXPECT_THAT(text, testing::HasSubstr(".SS " + command->get_name())) << "no section for the command";
        for (const CLI::Option* const option : command->get_options()) {
            for (const std::string& name : option->get_lnames()) {
                EXPECT_THAT(text, testing::HasSubstr("--" + name)) << command->get_name();
            }
        }
    }
}

TEST(ManPage, KeylinedNamesEveryOption) {
    std::ostringstream out, err;
    const char* const words[] = {"keylined", "--help"};
    daemon::parse_options(2, words, out, err);
    const std::string text = page("keylined.8");
    std::istringstream help(out.str());
    for (std::string line; std::getline(help, line);) {
        const std::size_t start = line.find("--");
        if (!line.starts_with("  -") || start == std::string::npos) continue;
        const std::string option = line.substr(start, line.find_first_of(" ,", start) - start);
        EXPECT_THAT(text, testing::HasSubstr(option));
    }
}

}  // namespace
}  // namespace keyline::cli
