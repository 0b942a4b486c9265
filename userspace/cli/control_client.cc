#include "cli/control_client.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace keyline::cli {
namespace {

std::string connect_remedy(int error, const std::string& instance) {
    switch (error) {
        case ENOENT:
        case ECONNREFUSED:
            return fmt::format(
                "keylined does not run as instance \"{}\"; start it with `systemctl start keylined`, or name "
                "another with --instance",
                instance);
        case EACCES:
            return "no permission; use sudo, or join the group that host.control_group names in the "
                   "configuration";
        default:
            return std::strerror(error);
    }
}

ExitCode exit_code_of(daemon::ErrorCode code) {
    switch (code) {
        case daemon::ErrorCode::kBadRequest:
            return kUsage;
        case daemon::ErrorCode::kNotFound:
            return kNotFound;
        case daemon::ErrorCode::kNegotiation:
            return kNegotiationFailed;
        case daemon::ErrorCode::kFailed:
            return kFailure;
    }
    return kFailure;
}

}  // namespace

std::expected<ControlClient, ClientError> ControlClient::connect(const std::filesystem::path& run_directory,
                                                                 const std::string& instance) {
    const std::filesystem::path path = daemon::control_socket_path(run_directory, instance);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto failed = [&](int error) {
        return std::unexpected(
            ClientError{kNoDaemon, fmt::format("{}: {}", path.string(), connect_remedy(error, instance))});
    };
    if (path.native().size() >= sizeof address.sun_path) return failed(ENAMETOOLONG);
    std::strcpy(address.sun_path, path.c_str());
    daemon::FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket) return failed(errno);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return failed(errno);
    return ControlClient(std::move(socket), path.string());
}

ClientError ControlClient::lost(const char* why) const {
    return {kNoDaemon, fmt::format("{}: {}; `journalctl -u keylined` may tell why", name_, why)};
}

std::expected<daemon::Json, ClientError> ControlClient::request(const daemon::Json& request) {
    const std::string line = daemon::to_line(request) + '\n';
    for (std::size_t sent = 0; sent < line.size();) {
        const ssize_t octets = send(socket_.get(), line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
        if (octets < 0) return std::unexpected(lost("the daemon closed the connection"));
        sent += static_cast<std::size_t>(octets);
    }
    auto reply = next();
    if (!reply) return reply;
    if (reply->value("ok", false)) return std::move((*reply)["result"]);
    const daemon::Json error = reply->value("error", daemon::Json::object());
    return std::unexpected(ClientError{exit_code_of(daemon::parse_error_code(error.value("code", ""))),
                                       error.value("message", "the daemon gave no reason")});
}

std::expected<daemon::Json, ClientError> ControlClient::next() {
    std::size_t end = 0;
    while ((end = received_.find('\n')) == std::string::npos) {
        std::array<char, 16384> part;
        const ssize_t octets = recv(socket_.get(), part.data(), part.size(), 0);
        if (octets == 0) return std::unexpected(lost("the daemon closed the connection"));
        if (octets < 0 && errno != EINTR) return std::unexpected(lost(std::strerror(errno)));
        if (octets > 0) received_.append(part.data(), static_cast<std::size_t>(octets));
    }
    daemon::Json line = daemon::Json::parse(received_.substr(0, end), nullptr, /*allow_exceptions=*/false);
    received_.erase(0, end + 1);
    if (!line.is_object()) return std::unexpected(lost("the daemon wrote something that is no JSON object"));
    return line;
}

}  // namespace keyline::cli
