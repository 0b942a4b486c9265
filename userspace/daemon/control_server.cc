#include "daemon/control_server.h"

#include <fmt/format.h>
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "daemon/control_session.h"

namespace keyline::daemon {
namespace {

using Protocol = asio::local::stream_protocol;

std::vector<gid_t> peer_groups(int client, gid_t primary) {
    std::vector<gid_t> groups(64);
    auto length = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    if (getsockopt(client, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &length) != 0 && errno == ERANGE) {
        groups.resize(length / sizeof(gid_t));
        if (getsockopt(client, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &length) != 0) length = 0;
    }
    groups.resize(length / sizeof(gid_t));
    groups.push_back(primary);
    return groups;
}

}  // namespace

ControlServer::ControlServer(asio::io_context& loop, Handler handler)
    : loop_(loop), acceptor_(loop), handler_(std::move(handler)) {}

ControlServer::~ControlServer() { close(); }

std::expected<void, std::string> ControlServer::listen(const std::filesystem::path& path,
                                                       const std::string& group) {
    const auto failed = [&](std::string_view what, std::string_view why) {
        return std::unexpected(fmt::format("control socket {}: {}: {}", path.string(), what, why));
    };
    if (path.native().size() >= sizeof(sockaddr_un::sun_path)) {
        return failed("the path is too long", "choose a shorter --run-dir");
    }
    if (!group.empty()) {
        const struct group* const entry = getgrnam(group.c_str());
        if (entry == nullptr)
            return failed("no such group", fmt::format("create it with `groupadd {}`", group));
        group_ = entry->gr_gid;
    }
    std::error_code error;
    std::filesystem::remove(path, error);
    acceptor_.open(Protocol(), error);
    // Nobody may connect between bind and chmod: the socket is born with mode 0600.
    const mode_t umask_before = umask(0177);
    if (!error) acceptor_.bind(Protocol::endpoint(path.string()), error);
    umask(umask_before);
    if (error)
        return failed("cannot be made", error.message() + "; choose a --run-dir that this user may write");
    path_ = path;
    if (group_ &&
        (chown(path.c_str(), static_cast<uid_t>(-1), *group_) != 0 || chmod(path.c_str(), 0660) != 0)) {
        return failed("cannot be given to the group", std::strerror(errno));
    }
    acceptor_.listen(static_cast<int>(kMaxClients), error);
    if (error) return failed("cannot listen", error.message());
    accept_next();
    return {};
}

void ControlServer::accept_next() {
    acceptor_.async_accept([this](const std::error_code& error, Protocol::socket client) {
        if (!acceptor_.is_open()) return;
        if (!error && may_enter(client.native_handle())) {
            sessions_.push_back(std::make_shared<ControlSession>(std::move(client), *this));
            sessions_.back()->start();
        }
        accept_next();
    });
}

bool ControlServer::may_enter(int client) const {
    ucred peer{};
    socklen_t length = sizeof peer;
    if (getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return false;
    bool trusted = peer.uid == 0 || peer.uid == geteuid();
    if (!trusted && group_) {
        const std::vector<gid_t> groups = peer_groups(client, peer.gid);
        trusted = std::ranges::find(groups, *group_) != groups.end();
    }
    return trusted && sessions_.size() < kMaxClients;
}

void ControlServer::broadcast(const Json& event) {
    for (const auto& session : sessions_) {
        if (session->monitors()) session->write(event);
    }
}

bool ControlServer::has_monitors() const {
    return std::ranges::any_of(sessions_, [](const auto& session) { return session->monitors(); });
}

void ControlServer::close() {
    std::error_code ignored;
    acceptor_.close(ignored);
    for (const auto& session : sessions_)
        session->close();
    sessions_.clear();
    if (!path_.empty()) std::filesystem::remove(std::exchange(path_, {}), ignored);
}

}  // namespace keyline::daemon
