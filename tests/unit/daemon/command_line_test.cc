// What `keyline` prints, held against files in golden/. KEYLINE_UPDATE_GOLDEN=1 writes them anew.
#include "cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "unit/daemon/temporary_directory.h"

namespace keyline::cli {
namespace {

struct Outcome {
    int code = 0;
    std::string out, err;
};

Outcome keyline(std::vector<std::string> words) {
    words.insert(words.begin(), "keyline");
    std::vector<const char*> argv;
    for (const std::string& word : words)
        argv.push_back(word.c_str());
    std::ostringstream out, err;
    const int code = run(static_cast<int>(argv.size()), argv.data(), out, err);
    return {code, out.str(), err.str()};
}

void expect_golden(const std::string& name, const std::string& text) {
    const std::string path = std::string(KEYLINE_GOLDEN_DIR) + "/" + name;
    if (std::getenv("KEYLINE_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << text;
    std::ifstream file(path);
    ASSERT_TRUE(file) << path;
    std::stringstream golden;
    golden << file.rdbuf();
    EXPECT_EQ(text, golden.str()) << "if this is meant, run the test with KEYLINE_UPDATE_GOLDEN=1";
}

TEST(CommandLine, HelpIsWhatWasReviewed) {
    expect_golden("help.txt", keyline({"--help"}).out);
    for (const char* const command :
         {"status", "sas", "counters", "down", "attach", "monitor", "probe", "decode", "trace"}) {
        const Outcome outcome = keyline({command, "--help"});
        EXPECT_EQ(outcome.code, kSuccess);
        expect_golden(std::string("help-") + command + ".txt", outcome.out);
    }
}

TEST(CommandLine, EveryCommandHasExamples) {
    std::ostringstream out, err;
    Context context{out, err};
    const auto app = make_app(context);
    for (const CLI::App* const command : app->get_subcommands([](const CLI::App*) { return true; })) {
        EXPECT_THAT(command->get_footer(), testing::HasSubstr("Examples:\n")) << command->get_name();
    }
}

TEST(CommandLine, MistakesEndWithTwoAndNameTheWord) {
    const std::pair<std::vector<std::string>, const char*> cases[] = {
        {{}, "A subcommand is required"},
        {{"sass"}, "sass"},
        {{"sas", "--jsn"}, "--jsn"},
        {{"up"}, "PEER is required"},
        {{"attach", "eth0", "--role", "inner"}, "inner"},
        {{"decode"}, "FILE is required"},
        {{"decode", "x", "--ladder"}, "--ladder"},
        {{"completion", "csh"}, "csh"},
        {{"probe"}, "name the peer"},
        {{"probe", "not-an-address"}, "PEER not-an-address: expected an address as 192.0.2.1 or 2001:db8::1"},
        {{"probe", "192.0.2.1", "--auth", "magic"},
         "--auth magic: expected kerberos, anonymous, tls or ntlm"},
        {{"probe", "192.0.2.1", "--pfs", "ecp1"}, "--pfs ecp1: expected a group"},
        {{"probe", "192.0.2.1", "--local", "x:y"}, "--local x:y: expected ADDRESS or ADDRESS:PORT"},
        {{"probe", "192.0.2.1", "--qm-proposal", "aes"},
         "--qm-proposal aes: expected names such as aes-gcm-16-256"},
        {{"probe", "192.0.2.1", "--timeout", "0"}, "--timeout"},
    };
    for (const auto& [words, expected] : cases) {
        const Outcome outcome = keyline(words);
        EXPECT_EQ(outcome.code, kUsage) << expected;
        EXPECT_THAT(outcome.err, testing::HasSubstr(expected));
        EXPECT_EQ(outcome.out, "") << expected;
    }
}

TEST(CommandLine, AnAbsentDaemonEndsWithThree) {
    const TemporaryDirectory directory;
    for (const char* const command :
         {"status", "sas", "mm", "policies", "flows", "counters", "reload", "monitor"}) {
        const Outcome outcome = keyline({command, "--run-dir", directory.path().string()});
        EXPECT_EQ(outcome.code, kNoDaemon) << command;
        EXPECT_THAT(outcome.err, testing::HasSubstr("keylined does not run")) << command;
    }
}

TEST(CommandLine, WithJsonAnErrorIsJsonToo) {
    const TemporaryDirectory directory;
    const Outcome outcome = keyline({"sas", "--json", "--run-dir", directory.path().string()});
    EXPECT_EQ(outcome.code, kNoDaemon);
    EXPECT_EQ(daemon::Json::parse(outcome.out).at("error").at("exit_code"), 3);
}

}  // namespace
}  // namespace keyline::cli
