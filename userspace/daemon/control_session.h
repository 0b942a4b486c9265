// One client of the control socket.
#pragma once

#include <asio.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "daemon/control_server.h"

namespace keyline::daemon {

// Reads one request after the other; the next is read when the last one's reply has been queued.
class ControlSession : public std::enable_shared_from_this<ControlSession> {
  public:
    ControlSession(asio::local::stream_protocol::socket socket, ControlServer& server);

    void start() { read_next(); }
    bool monitors() const { return monitors_; }
    // Queues one line. When the client does not keep up the line is lost; the next one that fits is preceded
    // by
    // {"event": "lost", "lines": n}.
    void write(const Json& line);
    void close();

  private:
    void read_next();
    void handle_line(std::string_view line);
    void write_next();
    void end();

    asio::local::stream_protocol::socket socket_;
    ControlServer* server_;  // null once the session has ended
    std::string received_;
    std::deque<std::string> queue_;  // the front is being written
    std::uint64_t lost_ = 0;
    bool monitors_ = false;
    bool close_when_written_ = false;
};

}  // namespace keyline::daemon
