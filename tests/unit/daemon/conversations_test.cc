#include "cli/conversations.h"

#include <gtest/gtest.h>

#include "wire/build.h"

namespace keyline::cli {
namespace {

CapturedDatagram first_message(std::uint32_t cookie, const char* source = "10.0.0.1",
                               const char* destination = "10.0.0.2") {
    wire::Message message;
    message.header.initiator_cookie.fill(0x01);
    message.header.initiator_cookie[0] = static_cast<std::uint8_t>(cookie >> 8);
    message.header.initiator_cookie[1] = static_cast<std::uint8_t>(cookie);
    message.header.exchange_type = wire::ExchangeType::kAuthipMainMode;
    message.crypto.emplace();
    message.payloads.push_back({wire::Nonce{Bytes(32, 0x5a)}});
    return {.source = {*IpAddress::parse(source), 500},
            .destination = {*IpAddress::parse(destination), 500},
            .data = wire::build_message(message).value()};
}

TEST(Conversations, NumbersDistinctMessages) {
    Conversations conversations;
    const auto request = conversations.follow(first_message(1));
    ASSERT_TRUE(request);
    EXPECT_EQ(request->number, 1U);
    EXPECT_FALSE(request->repeated);
    EXPECT_TRUE(request->from_initiator);
    EXPECT_TRUE(conversations.follow(first_message(1))->repeated);

    CapturedDatagram other = first_message(1, "10.0.0.2", "10.0.0.1");
    other.data.back() ^= 1;
    const auto answer = conversations.follow(other);
    EXPECT_EQ(answer->number, 2U);
    EXPECT_FALSE(answer->from_initiator);
    EXPECT_EQ(conversations.follow(first_message(2))->number, 1U);
}

TEST(Conversations, RememberNoMoreThanFits) {
    Conversations conversations;
    for (std::uint32_t cookie = 0; cookie < 5000; ++cookie)
        EXPECT_FALSE(conversations.follow(first_message(cookie))->repeated);
    EXPECT_FALSE(conversations.follow(first_message(0))->repeated) << "the oldest is forgotten";
    EXPECT_TRUE(conversations.follow(first_message(4999))->repeated) << "the newest is not";
}

TEST(Conversations, WhatHasNoHeaderIsNotFollowed) {
    EXPECT_FALSE(Conversations().follow({.data = Bytes(27, 0)}));
}

}  // namespace
}  // namespace keyline::cli
