#include "daemon/control_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <future>
#include <thread>

#include "cli/control_client.h"
#include "unit/daemon/temporary_directory.h"

namespace keyline::daemon {
namespace {

using cli::ControlClient;

// A server on its own thread that answers "echo" with its arguments and "later" when the test says so.
class ControlServerTest : public testing::Test {
  protected:
    ControlServerTest()
        : server_(loop_, [this](const Request& request, const ControlServer::Reply& reply) {
              if (request.command == "echo") return reply(ok_reply(request.arguments));
              if (request.command == "later") {
                  later_ = reply;
                  return;
              }
              reply(error_reply({ErrorCode::kNotFound, "no such thing"}));
          }) {
        EXPECT_TRUE(server_.listen(socket_path(), ""));
        thread_ = std::thread([this] { loop_.run(); });
    }
    ~ControlServerTest() override {
        on_loop([this] { server_.close(); });
        loop_.stop();
        thread_.join();
    }

    std::filesystem::path socket_path() const { return control_socket_path(directory_.path(), "test"); }
    ControlClient connect() {
        auto client = ControlClient::connect(directory_.path(), "test");
        EXPECT_TRUE(client) << client.error().message;
        return std::move(*client);
    }
    // Runs on the loop and returns when it has run.
    void on_loop(std::function<void()> work) {
        std::promise<void> done;
        asio::post(loop_, [&] {
            work();
            done.set_value();
        });
        done.get_future().wait();
    }
    FileDescriptor raw_client() {
        FileDescriptor client(socket(AF_UNIX, SOCK_STREAM, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strcpy(address.sun_path, socket_path().c_str());
        EXPECT_EQ(::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        return client;
    }
    // What the server writes until it closes the connection.
    static std::string read_all(int client) {
        std::string all;
        char part[4096];
        for (ssize_t octets; (octets = recv(client, part, sizeof part, 0)) > 0;) {
            all.append(part, static_cast<std::size_t>(octets));
        }
        return all;
    }

    TemporaryDirectory directory_;
    asio::io_context loop_;
    ControlServer server_;
    ControlServer::Reply later_;
    std::thread thread_;
};

TEST_F(ControlServerTest, AnswersRequestsInTurn) {
    ControlClient client = connect();
    for (int i = 0; i < 3; ++i) {
        const auto result = client.request({{"command", "echo"}, {"number", i}});
        ASSERT_TRUE(result) << result.error().message;
        EXPECT_EQ(result->at("number"), i);
    }
}

TEST_F(ControlServerTest, ErrorsBecomeExitCodes) {
    const auto result = connect().request({{"command", "nonsense"}});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, cli::kNotFound);
    EXPECT_EQ(result.error().message, "no such thing");
}

TEST_F(ControlServerTest, GarbageIsAnsweredAndTheConnectionGoesOn) {
    const FileDescriptor client = raw_client();
    const std::string lines = "garbage\n\n{\"command\": \"echo\"}\n";
    ASSERT_EQ(send(client.get(), lines.data(), lines.size(), 0), static_cast<ssize_t>(lines.size()));
    shutdown(client.get(), SHUT_WR);
    const std::string answers = read_all(client.get());
    EXPECT_EQ(std::ranges::count(answers, '\n'), 3) << answers;
    EXPECT_THAT(answers, testing::HasSubstr("not JSON"));
    EXPECT_THAT(answers, testing::HasSubstr("\"ok\":true"));
}

TEST_F(ControlServerTest, AnEndlessLineIsRefused) {
    const FileDescriptor client = raw_client();
    const std::string line(kMaxRequestOctets + 1, 'x');
    (void)send(client.get(), line.data(), line.size(), MSG_NOSIGNAL);
    EXPECT_THAT(read_all(client.get()), testing::HasSubstr("longer than 64 KiB"));
    EXPECT_TRUE(connect().request({{"command", "echo"}}));
}

TEST_F(ControlServerTest, AReplyMayComeAfterItsClientHasGone) {
    {
        const FileDescriptor client = raw_client();
        const std::string line = "{\"command\": \"later\"}\n";
        ASSERT_EQ(send(client.get(), line.data(), line.size(), 0), static_cast<ssize_t>(line.size()));
        bool asked = false;
        while (!asked)
            on_loop([&] { asked = later_ != nullptr; });
    }
    EXPECT_TRUE(connect().request({{"command", "echo"}}));
    on_loop([this] { later_(ok_reply({})); });
    EXPECT_TRUE(connect().request({{"command", "echo"}}));
}

TEST_F(ControlServerTest, MonitorsGetEventsAndOthersDoNot) {
    ControlClient monitor = connect();
    ControlClient other = connect();
    ASSERT_TRUE(monitor.request({{"command", "monitor"}}));
    on_loop([this] { server_.broadcast({{"event", "something"}}); });
    const auto event = monitor.next();
    ASSERT_TRUE(event);
    EXPECT_EQ(event->at("event"), "something");
    const auto echo = other.request({{"command", "echo"}});
    ASSERT_TRUE(echo);
    EXPECT_EQ(echo->at("command"), "echo");
}

TEST_F(ControlServerTest, AMonitorThatDoesNotReadLosesEventsAndIsTold) {
    ControlClient monitor = connect();
    ASSERT_TRUE(monitor.request({{"command", "monitor"}}));
    const std::string big(10000, 'x');
    const int sent = static_cast<int>(kMaxQueuedLines) + 1000;
    for (int i = 0; i < sent; ++i)
        on_loop([&] { server_.broadcast({{"event", "big"}, {"text", big}}); });
    // Reading makes room; the next event is preceded by the number of those lost.
    ASSERT_TRUE(monitor.next());
    int received = 1;
    int lost = 0;
    std::thread sender([&] {
        for (int i = 0; i < 200; ++i) {
            on_loop([&] { server_.broadcast({{"event", "small"}}); });
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    });
    while (lost == 0) {
        const auto event = monitor.next();
        ASSERT_TRUE(event) << event.error().message;
        if (event->at("event") == "lost") lost = event->at("lines");
        ++received;
    }
    sender.join();
    EXPECT_GT(lost, 0);
    EXPECT_LE(received, sent + 200);
}

TEST_F(ControlServerTest, ClientsBeyondTheLimitAreTurnedAway) {
    std::vector<ControlClient> clients;
    for (std::size_t i = 0; i < kMaxClients; ++i) {
        clients.push_back(connect());
        ASSERT_TRUE(clients.back().request({{"command", "echo"}}));
    }
    EXPECT_FALSE(connect().request({{"command", "echo"}}));
    clients.pop_back();
    // The server sees the end of the connection in its own time.
    bool served = false;
    for (int i = 0; i < 1000 && !served; ++i)
        served = connect().request({{"command", "echo"}}).has_value();
    EXPECT_TRUE(served);
}

TEST_F(ControlServerTest, TheSocketIsForItsOwnerAlone) {
    struct stat status {};
    ASSERT_EQ(stat(socket_path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST(ControlServerStart, AnUnknownGroupIsOneClearLine) {
    TemporaryDirectory directory;
    asio::io_context loop;
    ControlServer server(loop, [](const Request&, const ControlServer::Reply&) {});
    const auto path = directory.path() / "x.sock";
    const auto listening = server.listen(path, "no-such-group");
    ASSERT_FALSE(listening);
    EXPECT_EQ(listening.error(),
              "control socket " + path.string() + ": no such group: create it with `groupadd no-such-group`");
}

TEST(ControlServerStart, AGroupGetsTheSocket) {
    if (geteuid() != 0) GTEST_SKIP() << "only root can give a socket to a group";
    TemporaryDirectory directory;
    asio::io_context loop;
    ControlServer server(loop, [](const Request&, const ControlServer::Reply&) {});
    const auto path = directory.path() / "x.sock";
    ASSERT_TRUE(server.listen(path, "daemon"));
    struct stat status {};
    ASSERT_EQ(stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0660u);
    EXPECT_NE(status.st_gid, 0u);
}

TEST(ControlClientStart, AnAbsentDaemonIsOneClearLine) {
    TemporaryDirectory directory;
    const auto client = ControlClient::connect(directory.path(), "main");
    ASSERT_FALSE(client);
    EXPECT_EQ(client.error().code, cli::kNoDaemon);
    EXPECT_EQ(client.error().message,
              (directory.path() / "main.sock").string() +
                  ": keylined does not run as instance \"main\"; start it with `systemctl "
                  "start keylined`, or name another with --instance");
}

}  // namespace
}  // namespace keyline::daemon
