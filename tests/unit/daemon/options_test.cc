#include "daemon/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace keyline::daemon {
namespace {

struct Outcome {
    ParsedOptions parsed;
    std::string out, err;
};

Outcome parse(std::vector<const char*> words) {
    words.insert(words.begin(), "keylined");
    std::ostringstream out, err;
    ParsedOptions parsed = parse_options(static_cast<int>(words.size()), words.data(), out, err);
    return {std::move(parsed), out.str(), err.str()};
}

TEST(KeylinedOptions, DefaultsServeAHost) {
    const Outcome outcome = parse({});
    ASSERT_TRUE(outcome.parsed.options);
    EXPECT_EQ(outcome.parsed.options->config, "/etc/keyline/keyline.toml");
    EXPECT_EQ(outcome.parsed.options->run_directory, "/run/keyline");
    EXPECT_FALSE(outcome.parsed.options->instance);
    EXPECT_TRUE(outcome.parsed.options->datapath);
}

TEST(KeylinedOptions, EveryOptionIsTaken) {
    const Outcome outcome = parse({"--config", "x.toml", "--instance", "b", "--run-dir", "/tmp/r",
                                   "--no-datapath", "--log-level", "debug", "--check"});
    ASSERT_TRUE(outcome.parsed.options) << outcome.err;
    EXPECT_EQ(outcome.parsed.options->config, "x.toml");
    EXPECT_EQ(outcome.parsed.options->instance, "b");
    EXPECT_EQ(outcome.parsed.options->run_directory, "/tmp/r");
    EXPECT_FALSE(outcome.parsed.options->datapath);
    EXPECT_EQ(outcome.parsed.options->log_level, spdlog::level::debug);
    EXPECT_TRUE(outcome.parsed.options->check);
}

TEST(KeylinedOptions, MistakesAreNamedAndEndWithTwo) {
    const std::pair<std::vector<const char*>, const char*> cases[] = {
        {{"--confg", "x"}, "--confg"},
        {{"--config"}, "--config"},
        {{"--instance", "a/b"}, "an instance's name is 1 to 11 of a-z, 0-9 and '-'"},
        {{"--log-level", "loud"}, "loud"},
        {{"--check", "--purge"}, "--purge"},
    };
    for (const auto& [words, expected] : cases) {
        const Outcome outcome = parse(words);
        EXPECT_FALSE(outcome.parsed.options);
        EXPECT_EQ(outcome.parsed.exit_code, 2);
        EXPECT_THAT(outcome.err, testing::HasSubstr(expected));
    }
}

TEST(KeylinedOptions, HelpTeaches) {
    const Outcome outcome = parse({"--help"});
    EXPECT_EQ(outcome.parsed.exit_code, 0);
    for (const char* const word : {"--no-datapath", "Examples:", "SIGHUP", "Exit codes:"}) {
        EXPECT_THAT(outcome.out, testing::HasSubstr(word));
    }
}

}  // namespace
}  // namespace keyline::daemon
