#include "cli/ladder.h"

#include <gtest/gtest.h>

#include <sstream>

#include "cli/monitor.h"

namespace keyline::cli {
namespace {

LadderMessage message(bool from_initiator, std::uint32_t number, const char* payloads) {
    return {.initiator = {*IpAddress::parse("10.0.0.1"), 500},
            .responder = {*IpAddress::parse("10.0.0.2"), 500},
            .from_initiator = from_initiator,
            .number = number,
            .payloads = payloads};
}

TEST(Ladder, DrawsAsTheSpecificationDoes) {
    std::ostringstream out;
    Ladder ladder(out);
    ladder.draw(message(true, 1, "SA, Auth, Ni, VID ×5, NATD ×2"));
    ladder.draw(message(false, 2,
                        "SA, Auth, Nr, Nr(qm), VID ×5, NATD ×2, GSS_ID, and more names than one line holds"));
    LadderMessage fifth = message(true, 5, "HASH(Auth1), IDi, IDr, SA, Ni(qm)");
    fifth.encrypted = true;
    ladder.draw(fifth);
    fifth.repeated = true;
    ladder.draw(fifth);
    LadderMessage notify = message(false, 0, "N(STATUS)");
    notify.encrypted = true;
    ladder.draw(notify);
    EXPECT_EQ(out.str(), R"(10.0.0.1 (initiator)                                10.0.0.2 (responder)
    | #1  HDR, SA, Auth, Ni, VID ×5, NATD ×2                           |
    |----------------------------------------------------------------->|
    | #2  HDR, SA, Auth, Nr, Nr(qm), VID ×5, NATD ×2, GSS_ID,          |
    |     and more names than one line holds                           |
    |<-----------------------------------------------------------------|
    | #5  HDR*, HASH(Auth1), IDi, IDr, SA, Ni(qm)                      |
    |----------------------------------------------------------------->|
    | #5  HDR*, HASH(Auth1), IDi, IDr, SA, Ni(qm) (again)              |
    |----------------------------------------------------------------->|
    |     HDR*, N(STATUS)                                              |
    |<-----------------------------------------------------------------|
)");
}

TEST(Ladder, NamesTheHostsAgainWhenTheyChange) {
    std::ostringstream out;
    Ladder ladder(out);
    ladder.draw(message(true, 1, "SA"));
    LadderMessage other = message(true, 1, "SA");
    other.responder.address = *IpAddress::parse("10.0.0.3");
    ladder.draw(other);
    const std::string text = out.str();
    EXPECT_NE(text.find("10.0.0.2 (responder)\n"), std::string::npos);
    EXPECT_NE(text.find("10.0.0.3 (responder)\n"), std::string::npos);
}

TEST(LadderMessage, ComesFromAnEventOfEitherSide) {
    const daemon::Json sent{{"event", "message-sent"},  {"role", "responder"},   {"local", "10.0.0.2:500"},
                            {"remote", "10.0.0.1:500"}, {"number", 6},           {"encrypted", true},
                            {"retransmission", true},   {"payloads", "HASH, SA"}};
    const auto drawn = ladder_message(sent);
    ASSERT_TRUE(drawn);
    EXPECT_EQ(drawn->initiator.address.to_string(), "10.0.0.1");
    EXPECT_FALSE(drawn->from_initiator);
    EXPECT_TRUE(drawn->encrypted);
    EXPECT_TRUE(drawn->repeated);
    EXPECT_EQ(drawn->number, 6u);
    EXPECT_FALSE(ladder_message({{"event", "mm-started"}}));
    EXPECT_FALSE(ladder_message({{"event", "message-sent"}, {"local", "nonsense"}}));
}

}  // namespace
}  // namespace keyline::cli
