// The client's end of the control socket (daemon/control_protocol.h). Blocks.
#pragma once

#include <expected>
#include <filesystem>
#include <string>

#include "cli/exit_code.h"
#include "daemon/control_protocol.h"
#include "daemon/file_descriptor.h"

namespace keyline::cli {

struct ClientError {
    ExitCode code = kFailure;
    std::string message;  // one line
};

class ControlClient {
  public:
    static std::expected<ControlClient, ClientError> connect(const std::filesystem::path& run_directory,
                                                             const std::string& instance);

    // Sends one request and returns the reply's "result", or its error.
    std::expected<daemon::Json, ClientError> request(const daemon::Json& request);

    // The next line that the daemon writes, as after "monitor".
    std::expected<daemon::Json, ClientError> next();

  private:
    ControlClient(daemon::FileDescriptor socket, std::string name)
        : socket_(std::move(socket)), name_(std::move(name)) {}
    ClientError lost(const char* why) const;

    daemon::FileDescriptor socket_;
    std::string name_;  // of the socket, for messages
    std::string received_;
};

}  // namespace keyline::cli
