#include "daemon/udp_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include "daemon/listeners.h"
#include "daemon/udp_framing.h"

namespace keyline::daemon {
namespace {

IpAddress address(const char* text) { return *IpAddress::parse(text); }

ReceivedDatagram wait_for_datagram(UdpSocket& socket) {
    pollfd waiting{socket.fd(), POLLIN, 0};
    EXPECT_EQ(poll(&waiting, 1, 5000), 1);
    auto datagram = socket.receive();
    EXPECT_TRUE(datagram);
    return datagram ? std::move(*datagram) : ReceivedDatagram{};
}

UdpSocket bind_or_fail(const Endpoint& at) {
    auto socket = UdpSocket::bind(at);
    EXPECT_TRUE(socket) << socket.error();
    return std::move(*socket);
}

TEST(UdpSocket, TellsWhichAddressWasAskedAndAnswersFromIt) {
    UdpSocket server = bind_or_fail({IpAddress::any(Family::kIpv4), 0});
    UdpSocket client = bind_or_fail({address("127.0.0.1"), 0});
    const Endpoint asked{address("127.0.0.7"), server.local().port};
    ASSERT_EQ(client.send(client.local().address, asked, as_bytes("hello")), 0);
    const ReceivedDatagram question = wait_for_datagram(server);
    EXPECT_EQ(question.local, asked);
    EXPECT_EQ(question.remote, client.local());
    ASSERT_EQ(server.send(question.local.address, question.remote, question.data), 0);
    const ReceivedDatagram answer = wait_for_datagram(client);
    EXPECT_EQ(answer.remote, asked);
    EXPECT_EQ(to_hex(answer.data), to_hex(as_bytes("hello")));
}

TEST(UdpSocket, SpeaksIpv6) {
    UdpSocket server = bind_or_fail({IpAddress::any(Family::kIpv6), 0});
    UdpSocket client = bind_or_fail({address("::1"), 0});
    ASSERT_EQ(client.send(client.local().address, {address("::1"), server.local().port}, as_bytes("x")), 0);
    EXPECT_EQ(wait_for_datagram(server).local, (Endpoint{address("::1"), server.local().port}));
}

TEST(UdpSocket, ATakenPortIsOneClearLine) {
    const UdpSocket first = bind_or_fail({address("127.0.0.1"), 0});
    const auto second = UdpSocket::bind(first.local());
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error(),
                testing::AllOf(testing::StartsWith("cannot listen on 127.0.0.1:"),
                               testing::HasSubstr("the port is taken; stop the other IKE daemon")));
}

TEST(UdpSocket, AForeignAddressIsOneClearLine) {
    const auto socket = UdpSocket::bind({address("192.0.2.1"), 0});
    ASSERT_FALSE(socket);
    EXPECT_EQ(
        socket.error(),
        "cannot listen on 192.0.2.1:0: this host has no such address; correct `listen` in the configuration");
}

TEST(UdpSocket, ReportsThatNobodyListens) {
    UdpSocket client = bind_or_fail({address("127.0.0.1"), 0});
    client.report_icmp_errors();
    std::uint16_t free_port = 0;
    { free_port = bind_or_fail({address("127.0.0.1"), 0}).local().port; }
    ASSERT_EQ(client.send(client.local().address, {address("127.0.0.1"), free_port}, as_bytes("x")), 0);
    pollfd waiting{client.fd(), POLLIN, 0};
    ASSERT_EQ(poll(&waiting, 1, 5000), 1);
    const auto datagram = client.receive();
    ASSERT_FALSE(datagram);
    EXPECT_EQ(datagram.error(), ECONNREFUSED);
}

TEST(UdpSocket, KnowsTheFramesOfPort4500) {
    EXPECT_EQ(classify_marked(Bytes{0xff}), Frame::kKeepalive);
    EXPECT_EQ(classify_marked(Bytes{0, 0, 0, 0, 1}), Frame::kIke);
    EXPECT_EQ(classify_marked(Bytes{0, 0, 1, 0, 1}), Frame::kEsp);
    EXPECT_EQ(classify_marked(Bytes{0, 0, 0}), Frame::kEsp);
    EXPECT_EQ(classify_marked(Bytes{}), Frame::kEsp);
}

TEST(IkePorts, TheMarkerFollowsThePortThatWasBound) {
    const IkePorts ports;
    EXPECT_FALSE(ports.marked(500, 500));
    EXPECT_FALSE(ports.marked(500, 4500));
    EXPECT_TRUE(ports.marked(4500, 500));
    EXPECT_TRUE(ports.marked(4500, 40000));
}

// Two instances' sockets exchange a message on each port.
TEST(Listeners, PutAndTakeTheMarker) {
    asio::io_context loop;
    std::vector<exchange::DatagramReceived> received;
    const auto free_ports = [] {
        const UdpSocket one = bind_or_fail({address("127.0.0.1"), 0});
        const UdpSocket two = bind_or_fail({address("127.0.0.1"), 0});
        return IkePorts{one.local().port, two.local().port};
    }();
    Listeners listeners(
        loop, [&](exchange::DatagramReceived datagram) { received.push_back(std::move(datagram)); });
    ASSERT_TRUE(listeners.open({address("127.0.0.1")}, free_ports));
    UdpSocket client = bind_or_fail({address("127.0.0.1"), 0});
    const Endpoint ike{address("127.0.0.1"), free_ports.ike};
    const Endpoint marked{address("127.0.0.1"), free_ports.nat_traversal};

    ASSERT_EQ(client.send(client.local().address, ike, Bytes{1, 2, 3, 4}), 0);
    ASSERT_EQ(client.send(client.local().address, marked, Bytes{0xff}), 0);
    ASSERT_EQ(client.send(client.local().address, marked, Bytes{9, 9, 9, 9, 9}), 0);
    ASSERT_EQ(client.send(client.local().address, marked, Bytes{0, 0, 0, 0, 5, 6, 7, 8}), 0);
    // The keep-alive and what looks like ESP are the kernel's, and no message in any case.
    for (int events = 0; received.size() < 2 && events < 100; ++events)
        loop.run_one_for(std::chrono::seconds(5));
    ASSERT_EQ(received.size(), 2U);

    std::ranges::sort(received, {}, &exchange::DatagramReceived::data);
    EXPECT_EQ(received[0].data, (Bytes{1, 2, 3, 4}));
    EXPECT_EQ(received[0].local, ike);
    EXPECT_EQ(received[1].data, (Bytes{5, 6, 7, 8}));
    EXPECT_EQ(received[1].local, marked);

    ASSERT_TRUE(listeners.send(exchange::Send{ike, client.local(), {1, 1}}));
    EXPECT_EQ(wait_for_datagram(client).data, (Bytes{1, 1}));
    ASSERT_TRUE(listeners.send(exchange::Send{marked, client.local(), {2, 2}}));
    EXPECT_EQ(wait_for_datagram(client).data, (Bytes{0, 0, 0, 0, 2, 2}));
    ASSERT_TRUE(listeners.send(exchange::SendKeepalive{marked, client.local()}));
    EXPECT_EQ(wait_for_datagram(client).data, Bytes{0xff});
    EXPECT_FALSE(listeners.send(exchange::Send{{address("127.0.0.2"), 1}, client.local(), {3}}));
    listeners.close();
}

}  // namespace
}  // namespace keyline::daemon
