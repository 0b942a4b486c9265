#include "cli/endpoint_text.h"

#include <gtest/gtest.h>

namespace keyline::cli {
namespace {

TEST(EndpointText, IsReadInEveryForm) {
    const std::pair<const char*, const char*> cases[] = {
        {"192.0.2.1", "192.0.2.1:500"},       {"192.0.2.1:4500", "192.0.2.1:4500"},
        {"2001:db8::1", "[2001:db8::1]:500"}, {"[2001:db8::1]:4500", "[2001:db8::1]:4500"},
        {"192.0.2.1:0", "192.0.2.1:0"},
    };
    for (const auto& [text, expected] : cases) {
        const auto endpoint = parse_endpoint(text, 500);
        ASSERT_TRUE(endpoint) << text;
        EXPECT_EQ(endpoint->to_string(), expected);
    }
}

TEST(EndpointText, AnythingElseIsRefused) {
    for (const char* const text :
         {"", ":", "192.0.2.1:", "192.0.2.1:x", "192.0.2.1:65536", "192.0.2.1:-1", "[192.0.2.1]:5",
          "[2001:db8::1]", "[2001:db8::1", "host.example", "192.0.2.1:5:6"}) {
        EXPECT_FALSE(parse_endpoint(text, 500)) << text;
    }
}

}  // namespace
}  // namespace keyline::cli
