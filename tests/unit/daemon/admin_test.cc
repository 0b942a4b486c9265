// The commands of the control socket on an instance without datapath and without a network.
#include "daemon/admin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "auth/registry.h"
#include "crypto/random.h"
#include "policy/config.h"
#include "unit/daemon/temporary_directory.h"

namespace keyline::daemon {
namespace {

using testing::HasSubstr;

constexpr const char* kConfig = R"([auth.anonymous]
name = "here"
[main_mode]
auth = ["anonymous"]
[[rule]]
name = "lab"
local = "127.0.0.1"
remote = "127.0.0.2"
action = "protect"
)";

class AdminTest : public testing::Test {
  protected:
    AdminTest() {
        write(kConfig);
        auto loaded = policy::load_file(config());
        EXPECT_TRUE(loaded);
        instance_.name = "test";
        instance_.config = config();
        instance_.policy = std::make_shared<const policy::Policy>(std::move(loaded->policy));
        auto methods = auth::make_methods(instance_.policy->auth);
        EXPECT_TRUE(methods);
        keyer_.emplace(
            loop_, std::make_unique<keyer::Keyer>(instance_.policy, std::move(*methods), random_),
            KeyerDriver::Outputs{.send = [this](const exchange::Send&) { ++sent_; },
                                 .send_keepalive = [](const exchange::SendKeepalive&) {},
                                 .install = [](const exchange::InstallSa&) {},
                                 .remove = [](const exchange::RemoveSa&) {},
                                 .move = [](const exchange::MoveSa&) {},
                                 .acquire_failed = [](const exchange::AcquireFailed&) {},
                                 .dos_protection = [](const exchange::SetDosProtection&) {},
                                 .export_keys = [](const exchange::ExportMmKeys&) {},
                                 .report = [this](const exchange::Report& r) { reports_.take(r); }});
        instance_.listeners = &listeners_;
        instance_.reports = &reports_;
        instance_.keyer = &*keyer_;
    }

    std::filesystem::path config() const { return directory_.path() / "keyline.toml"; }
    void write(const std::string& text) const { std::ofstream(config()) << text; }

    // The reply to a request line; null while none has come.
    Json ask(const std::string& line) {
        Json answer;
        const auto request = parse_request(line);
        EXPECT_TRUE(request) << line;
        admin_.handle(*request, [&answer](const Json& reply) { answer = reply; });
        return answer;
    }
    Json result(const std::string& line) {
        const Json answer = ask(line);
        EXPECT_TRUE(answer.value("ok", false)) << answer;
        return answer.value("result", Json());
    }
    Json error(const std::string& line) {
        const Json answer = ask(line);
        EXPECT_FALSE(answer.value("ok", true)) << answer;
        return answer.value("error", Json());
    }

    TemporaryDirectory directory_;
    asio::io_context loop_;
    crypto::SystemRandom random_;
    Instance instance_;
    Admin admin_{instance_};
    ControlServer control_{loop_, [](const Request&, const ControlServer::Reply&) {}};
    ReportSink reports_{control_};
    Listeners listeners_{loop_, [](const exchange::DatagramReceived&) {}};
    std::optional<KeyerDriver> keyer_;
    int sent_ = 0;
};

TEST_F(AdminTest, QueriesAnswerWithWhatIsDocumented) {
    const Json status = result(R"({"command": "status"})");
    EXPECT_EQ(status.at("instance"), "test");
    EXPECT_EQ(status.at("rules"), 1);
    EXPECT_TRUE(status.at("datapath").is_null());
    EXPECT_EQ(result(R"({"command": "sas"})"), Json::array());
    EXPECT_EQ(result(R"({"command": "mm"})"), Json::array());
    const Json policies = result(R"({"command": "policies"})");
    ASSERT_EQ(policies.size(), 2u);
    EXPECT_EQ(policies[0].at("name"), "lab");
    EXPECT_EQ(policies[1].at("name"), "(default)");
    const Json counters = result(R"({"command": "counters"})");
    EXPECT_EQ(counters.size(), exchange::kReasonCount + 1);
    for (const Json& counter : counters) {
        for (const char* const name : {"name", "where", "count", "cause", "remedy"})
            EXPECT_TRUE(counter.contains(name));
    }
}

TEST_F(AdminTest, WhatNeedsTheDatapathSaysSo) {
    for (const char* const line : {R"({"command": "flows"})", R"({"command": "attach", "interface": "x"})",
                                   R"({"command": "detach", "interface": "x"})"}) {
        EXPECT_EQ(error(line).at("message"), "keylined runs with --no-datapath: start it without");
    }
}

TEST_F(AdminTest, MalformedArgumentsAreBadRequests) {
    for (const char* const line :
         {R"({"command": "nonsense"})", R"({"command": "up"})", R"({"command": "up", "peer": 7})",
          R"({"command": "up", "peer": "x"})", R"({"command": "down", "what": "0x123456789"})",
          R"({"command": "down", "what": "zz"})", R"({"command": "attach", "interface": "x", "role": 7})",
          R"({"command": "attach", "interface": {}})",
          R"({"command": "attach", "interface": "x", "role": "inner"})"}) {
        EXPECT_EQ(error(line).at("code"), "bad-request") << line;
    }
}

TEST_F(AdminTest, WhatIsNotThereIsNotFound) {
    EXPECT_EQ(error(R"({"command": "down", "what": "0x12345678"})").at("code"), "not-found");
    EXPECT_EQ(error(R"({"command": "down", "what": "192.0.2.1"})").at("code"), "not-found");
}

TEST_F(AdminTest, UpStartsANegotiationAndAnswersWhenItEnds) {
    EXPECT_TRUE(ask(R"({"command": "up", "peer": "127.0.0.2"})").is_null());
    while (sent_ == 0)
        loop_.run_one_for(std::chrono::seconds(10));
    EXPECT_EQ(result(R"({"command": "mm"})").size(), 1u);
    EXPECT_EQ(error(R"({"command": "up", "peer": "127.9.9.9"})").at("code"), "negotiation-failed");
}

TEST_F(AdminTest, ReloadAppliesTheDifference) {
    write(std::string(kConfig) +
          "[[rule]]\nname = \"more\"\nremote = \"192.0.2.0/24\"\naction = \"block\"\n");
    EXPECT_THAT(result(R"({"command": "reload"})").at("text"), HasSubstr("more"));
    EXPECT_EQ(result(R"({"command": "policies"})").size(), 3u);
}

TEST_F(AdminTest, ABadFileChangesNothing) {
    const auto before = instance_.policy;
    write(std::string(kConfig) + "acton = \"block\"\n");
    const Json bad = error(R"({"command": "reload"})");
    EXPECT_THAT(bad.at("message").get<std::string>(), HasSubstr("nothing was changed"));
    EXPECT_THAT(bad.at("message").get<std::string>(), HasSubstr("rule[1].acton"));
    EXPECT_EQ(instance_.policy, before);
    std::filesystem::remove(config());
    EXPECT_EQ(error(R"({"command": "reload"})").at("code"), "failed");
    EXPECT_EQ(instance_.policy, before);
}

TEST_F(AdminTest, CredentialsThatCannotBeHadChangeNothing) {
    const auto before = instance_.policy;
    write(std::string("[auth.kerberos]\nprincipal = \"host/a@X\"\nkeytab = \"/no/such/keytab\"\n") + kConfig);
    EXPECT_THAT(error(R"({"command": "reload"})").at("message").get<std::string>(),
                HasSubstr("/no/such/keytab"));
    EXPECT_EQ(instance_.policy, before);
}

TEST_F(AdminTest, WhatNeedsARestartIsSaidAndNotApplied) {
    write(std::string("[host]\nport = 1500\n") + kConfig);
    const Json done = result(R"({"command": "reload"})");
    EXPECT_EQ(done.at("warnings"),
              Json::array({"host.port: the new value holds after a restart of keylined"}));
    EXPECT_EQ(instance_.policy->host.port, 500);
}

}  // namespace
}  // namespace keyline::daemon
