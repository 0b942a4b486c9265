#include "daemon/report_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "daemon/report_json.h"
#include "exchange/quick_mode.h"

namespace keyline::daemon {
namespace {

using namespace exchange;

const MmName kMm{.id = 3,
                 .role = Role::kInitiator,
                 .local = {*IpAddress::parse("10.0.0.1"), 500},
                 .remote = {*IpAddress::parse("10.0.0.2"), 500}};

TEST(ReportText, OneLineForPeople) {
    EXPECT_EQ(
        to_text(MmEstablished{kMm, "host/b@X", auth::MethodId::kKerberos, "aes-cbc-256/sha2-256", false}),
        "10.0.0.2:500 (main mode 3, initiator): main mode established with host/b@X by kerberos, "
        "aes-cbc-256/sha2-256");
    EXPECT_EQ(to_text(MessageSent{
                  .mm = kMm, .number = 5, .encrypted = true, .payloads = "HASH, IDi", .octets = 300}),
              "10.0.0.2:500 (main mode 3, initiator): sent #5 HDR*, HASH, IDi (300 octets)");
}

TEST(ReportText, ExtendedModeTellsTheUser) {
    MmEstablished report{.mm = kMm, .peer = "host/b@X", .proposal = "aes-cbc-256/sha2-256"};
    report.extended_mode = EmProof{auth::MethodId::kKerberos, "alice@X", {.impersonation = true}};
    report.impersonation_handle = kPeerUsers;
    EXPECT_THAT(to_text(report),
                testing::EndsWith(", extended mode with user credentials, alice@X by kerberos"));
    const Json json = to_json(report);
    EXPECT_EQ(json.at("extended_mode").at("peer"), "alice@X");
    EXPECT_EQ(json.at("user"), nullptr);  // a peer's user has no uid here
    report.impersonation_handle = 1000;
    EXPECT_EQ(to_json(report).at("user"), 1000);
}

TEST(ReportText, WhatAPeerWroteCannotForgeALine) {
    const std::string text = to_text(MmEstablished{kMm, "evil\n\x1b[2Jkeylined: all is well",
                                                   auth::MethodId::kKerberos, "aes-cbc-256/sha1", false});
    EXPECT_EQ(text.find('\n'), std::string::npos);
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    EXPECT_THAT(text, testing::HasSubstr("evil\\x0a\\x1b[2J"));
}

TEST(ReportText, WhatAnybodyCanCauseIsMarked) {
    EXPECT_TRUE(is_provoked(Dropped{}));
    EXPECT_TRUE(is_provoked(NegotiationFailed{}));
    EXPECT_FALSE(is_provoked(QmEstablished{}));
}

TEST(ReportJson, EventsHaveANameATextAndTheirFields) {
    const Json json =
        to_json(MessageReceived{.mm = kMm, .number = 2, .payloads = "SA, Auth, Nr", .octets = 200});
    EXPECT_EQ(json.at("event"), "message-received");
    EXPECT_EQ(json.at("local"), "10.0.0.1:500");
    EXPECT_EQ(json.at("role"), "initiator");
    EXPECT_EQ(json.at("number"), 2);
    EXPECT_EQ(json.at("payloads"), "SA, Auth, Nr");
    EXPECT_TRUE(json.contains("text"));
}

TEST(ReportJson, EveryReportHasAnEvent) {
    const Report reports[] = {MmStarted{kMm},   MmProposed{kMm},      MmChosen{kMm},
                              MethodTried{kMm}, MethodFailed{kMm},    MmEstablished{kMm},
                              MmMoved{kMm},     QmProposed{kMm},      QmEstablished{kMm},
                              QmDeleted{},      MmDeleted{kMm},       NegotiationFailed{kMm},
                              MessageSent{kMm}, MessageReceived{kMm}, Dropped{},
                              DosProtection{},  AdminDone{},          Warning{"w"},
                              ShutdownDone{},   EmProposed{kMm},      EmChosen{kMm}};
    ASSERT_EQ(std::size(reports), std::variant_size_v<Report>);
    std::set<std::string> names;
    for (const Report& report : reports) {
        const Json json = to_json(report);
        EXPECT_FALSE(json.at("text").get<std::string>().empty());
        names.insert(json.at("event"));
    }
    EXPECT_EQ(names.size(), std::variant_size_v<Report>);
}

}  // namespace
}  // namespace keyline::daemon
