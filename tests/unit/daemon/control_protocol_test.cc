#include "daemon/control_protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keyline::daemon {
namespace {

TEST(ControlProtocol, TakesAnObjectWithACommand) {
    const auto request = parse_request(R"({"command": "down", "what": "192.0.2.1"})");
    ASSERT_TRUE(request);
    EXPECT_EQ(request->command, "down");
    EXPECT_EQ(string_argument(*request, "what"), "192.0.2.1");
}

TEST(ControlProtocol, SaysWhatIsWrongWithARequest) {
    const std::pair<const char*, const char*> cases[] = {
        {"", "not JSON"},
        {"status", "not JSON"},
        {"{\"command\": ", "not JSON"},
        {"\xff\xfe", "not JSON"},
        {"[]", "no JSON object"},
        {"7", "no JSON object"},
        {"{}", "no string \"command\""},
        {R"({"command": 7})", "no string \"command\""},
    };
    for (const auto& [line, expected] : cases) {
        const auto request = parse_request(line);
        ASSERT_FALSE(request) << line;
        EXPECT_EQ(request.error().code, ErrorCode::kBadRequest);
        EXPECT_THAT(request.error().message, testing::HasSubstr(expected));
    }
}

TEST(ControlProtocol, DeepNestingIsAnError) {
    const std::string deep(kMaxRequestOctets - 1, '[');
    EXPECT_FALSE(parse_request(deep));
}

TEST(ControlProtocol, MissingAndMistypedArgumentsAreNamed) {
    const auto request = parse_request(R"({"command": "up", "peer": 7})");
    ASSERT_TRUE(request);
    for (const char* const name : {"peer", "absent"}) {
        const auto argument = string_argument(*request, name);
        ASSERT_FALSE(argument);
        EXPECT_EQ(argument.error().message,
                  std::string("up: the string argument \"") + name + "\" is missing");
    }
}

TEST(ControlProtocol, ErrorCodesHaveOneNameEach) {
    for (const ErrorCode code :
         {ErrorCode::kFailed, ErrorCode::kBadRequest, ErrorCode::kNotFound, ErrorCode::kNegotiation}) {
        EXPECT_EQ(parse_error_code(to_string(code)), code);
    }
    EXPECT_EQ(parse_error_code("something new"), ErrorCode::kFailed);
}

TEST(ControlProtocol, InstanceNamesAreFileNames) {
    for (const char* const good : {"main", "a", "site-b2", "12345678901"})
        EXPECT_TRUE(valid_instance_name(good)) << good;
    for (const char* const bad : {"", "Main", "a/b", "..", "a b", "a_b", "123456789012"}) {
        EXPECT_FALSE(valid_instance_name(bad)) << bad;
    }
}

TEST(ControlProtocol, OctetsThatAreNoUtf8DoNotStopAReply) {
    EXPECT_EQ(to_line(ok_reply({{"peer", "\xff"}})), "{\"ok\":true,\"result\":{\"peer\":\"\xef\xbf\xbd\"}}");
}

}  // namespace
}  // namespace keyline::daemon
