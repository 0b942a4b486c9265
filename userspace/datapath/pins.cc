#include "datapath/pins.h"

#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace keyline::datapath {
namespace {

constexpr const char* kBpffs = "/sys/fs/bpf";

bool is_bpffs(const std::filesystem::path& path) {
    struct statfs info {};
    return ::statfs(path.c_str(), &info) == 0 && info.f_type == BPF_FS_MAGIC;
}

}  // namespace

std::expected<void, std::string> Pins::prepare() const {
    std::filesystem::path existing = directory_;
    std::error_code error;
    while (!std::filesystem::exists(existing, error) && existing.has_relative_path()) {
        existing = existing.parent_path();
    }
    if (!is_bpffs(existing)) {
        if (!root_.starts_with(kBpffs)) {
            return std::unexpected(root_ + " is not on a BPF file system: mount one there, or use " + kBpffs);
        }
        if (::mount("bpf", kBpffs, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700") != 0) {
            return std::unexpected(std::string("no BPF file system at ") + kBpffs +
                                   " and cannot mount one (" + std::strerror(errno) +
                                   "): run `mount -t bpf bpf " + kBpffs + "` as root");
        }
    }
    std::filesystem::create_directories(directory_, error);
    if (error) {
        return std::unexpected("cannot make " + directory_ + ": " + error.message());
    }
    ::chmod(directory_.c_str(), S_IRWXU);
    return {};
}

std::optional<bpfmap::Map> Pins::map(const std::string& name) const {
    auto map = bpfmap::Map::open_pinned(path(name));
    if (!map) {
        return std::nullopt;
    }
    return std::move(*map);
}

bool Pins::remove() const {
    std::error_code error;
    const bool removed = std::filesystem::remove_all(directory_, error) > 0 && !error;
    std::filesystem::remove(root_, error);  // fails while another instance has pins in it
    return removed;
}

}  // namespace keyline::datapath
