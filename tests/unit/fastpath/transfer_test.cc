#include "fastpath/transfer.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <thread>

namespace keyline::fastpath::testing {
namespace {

bool is_readable(int fd) {
    pollfd polled{.fd = fd, .events = POLLIN};
    return poll(&polled, 1, 0) == 1;
}

TEST(Transfers, WakeTheirWorkerAndNobodyElse) {
    Transfers transfers(2);
    const Bytes frame{1, 2, 3};
    ASSERT_TRUE(transfers.put(1, 7, frame));
    EXPECT_FALSE(is_readable(transfers.fd(0)));
    EXPECT_TRUE(is_readable(transfers.fd(1)));
    EXPECT_FALSE(transfers.has_any(0));
    EXPECT_TRUE(transfers.has_any(1));
    const auto items = transfers.take(1);
    ASSERT_EQ(items.size(), 1U);
    EXPECT_EQ(items[0].port, 7);
    EXPECT_EQ(items[0].frame, frame);
    EXPECT_FALSE(is_readable(transfers.fd(1)));
    EXPECT_FALSE(transfers.has_any(1));
}

TEST(Transfers, AreBounded) {
    Transfers transfers(1);
    std::size_t accepted = 0;
    while (accepted < 100000 && transfers.put(0, 0, Bytes{1}))
        ++accepted;
    EXPECT_EQ(accepted, 1024U);
    EXPECT_EQ(transfers.take(0).size(), accepted);
    EXPECT_TRUE(transfers.put(0, 0, Bytes{1}));
}

TEST(Transfers, LoseNothingBetweenThreads) {
    constexpr unsigned kEach = 20000;
    Transfers transfers(1);
    const auto produce = [&](std::uint8_t port) {
        for (unsigned i = 0; i < kEach; ++i) {
            while (!transfers.put(0, port, Bytes{static_cast<std::uint8_t>(i)}))
                std::this_thread::yield();
        }
    };
    std::thread first(produce, 1), second(produce, 2);
    unsigned received[3] = {};
    while (received[1] + received[2] < 2 * kEach) {
        for (const Transfers::Item& item : transfers.take(0)) {
            ASSERT_EQ(item.frame[0], static_cast<std::uint8_t>(received[item.port]++)) << "in their order";
        }
    }
    first.join();
    second.join();
}

}  // namespace
}  // namespace keyline::fastpath::testing
