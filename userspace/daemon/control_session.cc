#include "daemon/control_session.h"

namespace keyline::daemon {

ControlSession::ControlSession(asio::local::stream_protocol::socket socket, ControlServer& server)
    : socket_(std::move(socket)), server_(&server) {}

void ControlSession::read_next() {
    asio::async_read_until(
        socket_, asio::dynamic_buffer(received_, kMaxRequestOctets), '\n',
        [self = shared_from_this()](const std::error_code& error, std::size_t length) {
            if (self->server_ == nullptr) return;
            if (error == asio::error::not_found) {
                self->close_when_written_ = true;
                self->write(error_reply({ErrorCode::kBadRequest, "the request is longer than 64 KiB"}));
                return;
            }
            if (error) return self->end();
            const std::string line = self->received_.substr(0, length - 1);
            self->received_.erase(0, length);
            self->handle_line(line);
        });
}

void ControlSession::handle_line(std::string_view line) {
    const auto reply = [weak = weak_from_this()](const Json& answer) {
        const auto self = weak.lock();
        if (!self || self->server_ == nullptr) return;
        self->write(answer);
        self->read_next();
    };
    const auto request = parse_request(line);
    if (!request) return reply(error_reply(request.error()));
    if (request->command == "monitor") {
        monitors_ = true;
        return reply(ok_reply(Json::object()));
    }
    server_->handler_(*request, reply);
}

void ControlSession::write(const Json& line) {
    if (server_ == nullptr) return;
    if (queue_.size() >= kMaxQueuedLines) {
        ++lost_;
        return;
    }
    const bool idle = queue_.empty();
    if (lost_ != 0) queue_.push_back(to_line({{"event", "lost"}, {"lines", std::exchange(lost_, 0)}}) + '\n');
    queue_.push_back(to_line(line) + '\n');
    if (idle) write_next();
}

void ControlSession::write_next() {
    asio::async_write(socket_, asio::buffer(queue_.front()),
                      [self = shared_from_this()](const std::error_code& error, std::size_t) {
                          if (self->server_ == nullptr) return;
                          if (error) return self->end();
                          self->queue_.pop_front();
                          if (!self->queue_.empty()) return self->write_next();
                          if (self->close_when_written_) self->end();
                      });
}

void ControlSession::end() {
    ControlServer* const server = server_;
    close();
    if (server != nullptr) server->sessions_.remove(shared_from_this());
}

void ControlSession::close() {
    server_ = nullptr;
    std::error_code ignored;
    socket_.close(ignored);
}

}  // namespace keyline::daemon
