#include "daemon/instance_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "daemon/control_protocol.h"

namespace keyline::daemon {
namespace {

std::string read_pid(int fd) {
    std::array<char, 32> text{};
    const ssize_t length = pread(fd, text.data(), text.size(), 0);
    return length > 0 ? std::string(text.data(), static_cast<std::size_t>(length)) : "unknown";
}

}  // namespace

std::expected<FileDescriptor, std::string> lock_instance(const std::filesystem::path& run_directory,
                                                         const std::string& instance) {
    std::error_code error;
    std::filesystem::create_directories(run_directory, error);
    const std::filesystem::path path = lock_path(run_directory, instance);
    FileDescriptor lock(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!lock) {
        return std::unexpected(fmt::format("{}: {}; run as root, or choose another --run-dir", path.string(),
                                           std::strerror(errno)));
    }
    if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        return std::unexpected(fmt::format(
            "instance \"{}\" is already running (pid {}); stop it, or choose another name with --instance",
            instance, read_pid(lock.get())));
    }
    const std::string pid = std::to_string(getpid());
    if (ftruncate(lock.get(), 0) != 0 ||
        pwrite(lock.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
        return std::unexpected(fmt::format("{}: {}", path.string(), std::strerror(errno)));
    }
    return lock;
}

}  // namespace keyline::daemon
