#include "cli/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace keyline::cli {
namespace {

using daemon::Json;
using testing::HasSubstr;
using testing::Not;

std::string rendered(void (*render)(const Json&, std::ostream&), const Json& json) {
    std::ostringstream out;
    render(json, out);
    return out.str();
}

TEST(Render, AnSaTellsItsEngineAndWhy) {
    const Json sa{{"direction", "in"},
                  {"spi", "0x00001234"},
                  {"local", "10.0.0.1"},
                  {"remote", "10.0.0.2"},
                  {"mode", "transport"},
                  {"suite", "aes-gcm-16-128"},
                  {"selector", "10.0.0.1/32 -> 10.0.0.2/32"},
                  {"rule", "lab"},
                  {"peer", ""},
                  {"state", "current"},
                  {"engine", "fastpath"},
                  {"engine_mode", "AF_XDP copy on veth0 (the driver has native XDP but no zero-copy)"},
                  {"crypto", "openssl"},
                  {"why", "engine = \"auto\" in the rule"},
                  {"packets", 3},
                  {"octets", 252},
                  {"errors", 6},
                  {"errors_by_reason", {{"replay", 3}, {"icv", 2}, {"selector", 0}}},
                  {"lifetime", {{"age_seconds", 61}, {"soft_seconds", 2880}, {"hard_seconds", nullptr}}}};
    EXPECT_EQ(rendered(render_sas, Json::array({sa})),
              "in   0x00001234  10.0.0.2 -> 10.0.0.1  transport  aes-gcm-16-128  current\n"
              "     traffic  10.0.0.1/32 -> 10.0.0.2/32, rule \"lab\", peer anonymous\n"
              "     engine   fastpath, crypto openssl: AF_XDP copy on veth0 (the driver has native XDP but "
              "no zero-copy); "
              "engine = \"auto\" in the rule\n"
              "     used     3 packets, 252 octets, 6 errors (3 replay, 2 icv)\n"
              "     life     age 61 s, renewed after 48 min 0 s\n");
}

TEST(Render, CountersTellCauseAndRemedyAndLeaveZerosOut) {
    const Json counters = Json::array(
        {{{"name", "icv"}, {"where", "packets"}, {"count", 2}, {"cause", "altered"}, {"remedy", "look"}},
         {{"name", "spi"}, {"where", "packets"}, {"count", 0}, {"cause", "unknown"}, {"remedy", "wait"}}});
    EXPECT_THAT(
        rendered(render_counters, counters),
        testing::AllOf(HasSubstr("icv"), HasSubstr("altered"), HasSubstr("look"), Not(HasSubstr("spi"))));
    EXPECT_THAT(rendered(render_all_counters, counters), HasSubstr("spi"));
}

TEST(Render, StatusWithoutDatapathSaysThatNothingIsProtected) {
    const Json status{{"version", "0.1.0"},        {"instance", "main"},    {"pid", 7},
                      {"uptime_seconds", 5},       {"configuration", "/c"}, {"rules", 1},
                      {"listen", {"0.0.0.0:500"}}, {"main_modes", 0},       {"incomplete_main_modes", 0},
                      {"quick_modes", 0},          {"datapath", nullptr}};
    EXPECT_THAT(rendered(render_status, status),
                testing::AllOf(HasSubstr("keylined 0.1.0, instance main, pid 7, up 5 s\n"),
                               HasSubstr("nothing is protected")));
}

TEST(Render, StatusWarnsOfExportedKeys) {
    const Json status{{"listen", Json::array()}, {"key_export", "/run/keyline/keys"}, {"datapath", nullptr}};
    EXPECT_THAT(rendered(render_status, status),
                HasSubstr("WARNING        keys are exported to /run/keyline/keys: whoever reads"));
}

TEST(Render, StatusTellsOfWhatOthersHaveInXfrm) {
    Json datapath{{"fastpath", {{"running", false}}}, {"interfaces", Json::array()}};
    datapath["foreign_xfrm"] = {{"states", 1}, {"policies", 2}, {"conflicts", {"rule \"office\": ..."}}};
    const Json status{{"listen", Json::array()}, {"datapath", datapath}};
    EXPECT_THAT(rendered(render_status, status),
                testing::AllOf(HasSubstr("others' XFRM   1 state, 2 policies: left alone\n"),
                               HasSubstr("WARNING        rule \"office\": ...\n")));
}

TEST(Render, ANameFromAPeerCannotMoveTheCursor) {
    const Json mm{{"id", 1},      {"local", "a"},       {"remote", "b"},        {"role", "responder"},
                  {"state", "s"}, {"peer", "x\x1b[2J"}, {"method", "kerberos"}, {"proposal", "p"}};
    EXPECT_THAT(rendered(render_main_modes, Json::array({mm})), Not(HasSubstr("\x1b")));
}

TEST(Render, AMainModeTellsWhichMethodsFailedAndWhy) {
    const Json failures = Json::array(
        {{{"method", "tls"},
          {"by", "local"},
          {"status_name", "SEC_E_CERT_EXPIRED"},
          {"reason", "certificate has expired"}},
         {{"method", "kerberos"}, {"by", "peer"}, {"status_name", "SEC_E_TIME_SKEW"}, {"reason", ""}}});
    const Json mm{{"id", 1},         {"local", "a"},
                  {"remote", "b"},   {"role", "initiator"},
                  {"state", "s"},    {"peer", "host/b"},
                  {"proved", false}, {"method", "ntlm"},
                  {"proposal", "p"}, {"failed_methods", failures}};
    EXPECT_THAT(rendered(render_main_modes, Json::array({mm})),
                testing::AllOf(HasSubstr("     peer     anonymous (announced as host/b), by ntlm, p\n"),
                               HasSubstr("     failed   tls by local: certificate has expired\n"),
                               HasSubstr("     failed   kerberos by peer: SEC_E_TIME_SKEW\n")));
}

TEST(Render, NothingIsSaidInWords) {
    EXPECT_THAT(rendered(render_sas, Json::array()), HasSubstr("no SAs"));
    EXPECT_THAT(rendered(render_main_modes, Json::array()), HasSubstr("no main mode SAs"));
    EXPECT_THAT(rendered(render_flows, Json::array()), HasSubstr("no flows"));
}

}  // namespace
}  // namespace keyline::cli
