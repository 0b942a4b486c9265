#include "cli/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "cli/command_line.h"
#include "unit/daemon/temporary_directory.h"

namespace keyline::cli {
namespace {

std::string script_for(const char* shell) {
    std::ostringstream out, err;
    const char* const words[] = {"keyline", "completion", shell};
    EXPECT_EQ(run(3, words, out, err), kSuccess) << err.str();
    return out.str();
}

// Runs bash on `text` and returns its exit status.
int bash(const std::string& text) {
    TemporaryDirectory directory;
    const auto path = directory.path() / "script";
    std::ofstream(path) << text;
    return std::system(("bash " + path.string()).c_str());
}

TEST(Completion, EveryShellKnowsEveryCommand) {
    for (const char* const shell : {"bash", "zsh", "fish"}) {
        const std::string script = script_for(shell);
        for (const char* const command :
             {"status", "sas", "mm", "policies", "flows", "counters", "up", "down", "reload", "attach",
              "detach", "monitor", "probe", "decode", "trace", "completion"}) {
            EXPECT_THAT(script, testing::HasSubstr(command)) << shell;
        }
        EXPECT_THAT(script, testing::HasSubstr("mm-proposal")) << shell;
    }
}

TEST(Completion, BashCompletesCommandsAndOptions) {
    const std::string check = script_for("bash") + R"sh(
complete_words() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _keyline; echo "${COMPREPLY[*]}"; }
[[ $(complete_words keyline co) == "counters completion" ]] || exit 1
[[ $(complete_words keyline counters --a) == "--all" ]] || exit 2
[[ $(complete_words keyline completion z) == "zsh" ]] || exit 3
)sh";
    EXPECT_EQ(bash(check), 0);
}

}  // namespace
}  // namespace keyline::cli
