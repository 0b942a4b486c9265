// The control socket's server (daemon/control_protocol.h): accepts clients, checks who they are, reads
// requests, hands them on and writes the replies. Runs on the loop's thread.
#pragma once

#include <sys/types.h>

#include <asio.hpp>
#include <expected>
#include <filesystem>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "daemon/control_protocol.h"

namespace keyline::daemon {

class ControlSession;

class ControlServer {
  public:
    // Takes the reply when it is ready, then or later, once; it does no harm when the client has gone.
    using Reply = std::function<void(Json)>;
    using Handler = std::function<void(const Request&, Reply)>;

    ControlServer(asio::io_context& loop, Handler handler);
    ~ControlServer();
    ControlServer(const ControlServer&) = delete;
    ControlServer& operator=(const ControlServer&) = delete;

    // Binds `path` (replacing a socket that nobody serves; the caller holds the instance's lock) with mode
    // 0660 and group `group`, or 0600 when it is empty. The error is one line.
    std::expected<void, std::string> listen(const std::filesystem::path& path, const std::string& group);

    // Writes one event to every client that has sent "monitor".
    void broadcast(const Json& event);
    bool has_monitors() const;

    // Stops accepting, drops every client and removes the socket.
    void close();

  private:
    friend class ControlSession;
    void accept_next();
    bool may_enter(int client) const;

    asio::io_context& loop_;
    asio::local::stream_protocol::acceptor acceptor_;
    Handler handler_;
    std::filesystem::path path_;
    std::optional<gid_t> group_;
    std::list<std::shared_ptr<ControlSession>> sessions_;
};

}  // namespace keyline::daemon
