#include "datapath/user_marks.h"

#include <bpf/bpf.h>
#include <linux/magic.h>
#include <sys/socket.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>

#include "datapath/attachment.h"

namespace keyline::datapath {
namespace {

constexpr const char* kRemedy = ", or set engine = \"fastpath\" for rules with users";

// With cgroup v2 alone, and beside v1 as systemd mounts them.
constexpr const char* kCgroups[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};

std::expected<std::string, std::string> cgroup_root() {
    for (const char* path : kCgroups) {
        struct statfs info {};
        if (::statfs(path, &info) == 0 && info.f_type == CGROUP2_SUPER_MAGIC) {
            return path;
        }
    }
    return std::unexpected(
        "no cgroup2 file system at /sys/fs/cgroup: `mount -t cgroup2 none /sys/fs/cgroup`" +
        std::string(kRemedy));
}

// Answers of the stack have the mark of what they answer.
std::expected<void, std::string> reflect_marks() {
    for (const char* setting : {"ipv4/tcp_fwmark_accept", "ipv4/fwmark_reflect", "ipv6/fwmark_reflect"}) {
        const std::string path = std::string("/proc/sys/net/") + setting;
        if (::access(path.c_str(), F_OK) != 0) {
            continue;  // a kernel without IPv6
        }
        std::ofstream file(path);
        if (!(file << 1 << std::flush)) {
            return std::unexpected("cannot write " + path + ": set it to 1" + kRemedy);
        }
    }
    return {};
}

std::uint64_t own_netns() {
    const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    std::uint64_t cookie = 0;
    socklen_t octets = sizeof(cookie);
    (void)::getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &octets);
    ::close(fd);
    return cookie;
}

}  // namespace

std::expected<UserMarks, std::string> UserMarks::open(const Pins& pins, const Programs& programs) {
    UserMarks marks(pins, programs);
    auto map = bpfmap::Map::open_pinned(pins.path("kl_user_marks"));
    auto by_user = bpfmap::Map::open_pinned(pins.path("kl_mark_by_user"));
    if (!map || !by_user) {
        return std::unexpected(map ? by_user.error() : map.error());
    }
    auto mapped = bpfmap::MappedArray<kl_user_marks>::map(*map, true);
    if (!mapped) {
        return std::unexpected(pins.path("kl_user_marks") + ": " + mapped.error());
    }
    marks.marks_ = std::move(*mapped);
    marks.by_user_ = std::move(*by_user);
    if (marks.active()) {
        if (const auto attached = marks.attach(); !attached) {
            return std::unexpected(attached.error());
        }
    }
    return marks;
}

std::expected<void, std::string> UserMarks::attach() const {
    const auto root = cgroup_root();
    if (!root) {
        return std::unexpected(root.error());
    }
    for (const SocketProgram& program : programs_.get().of_sockets()) {
        if (const auto attached = attach_cgroup(*root, program, pins_.path(program.name)); !attached) {
            return std::unexpected(attached.error() + kRemedy);
        }
    }
    return {};
}

std::expected<void, std::string> UserMarks::activate() {
    if (active()) {
        return {};
    }
    marks_[0].netns = own_netns();
    auto done = attach();
    if (done) {
        done = reflect_marks();
    }
    if (!done) {
        return done;
    }
    __atomic_store_n(&marks_[0].active, 1, __ATOMIC_RELEASE);
    return {};
}

std::expected<std::uint32_t, std::string> UserMarks::mark_of(std::uint32_t user) {
    if (const auto known = by_user_.lookup<std::uint32_t>(user)) {
        return *known;
    }
    kl_user_marks& marks = marks_[0];
    const std::uint32_t number = marks.last < KL_MAX_USER_MARKS - 1
                                     ? __atomic_add_fetch(&marks.last, 1, __ATOMIC_ACQ_REL)
                                     : KL_MAX_USER_MARKS;
    if (number >= KL_MAX_USER_MARKS) {
        return std::unexpected("kernel ESP tells " + std::to_string(KL_MAX_USER_MARKS - 1) +
                               " users apart, and there are more: set engine = \"fastpath\" for its rule");
    }
    marks.users[number] = user;
    const std::uint32_t mark = kl_make_user_mark(number, user);
    // A socket of the user's may have been given one meanwhile (bpf/sockets.bpf.c).
    (void)bpf_map_update_elem(by_user_.fd(), &user, &mark, BPF_NOEXIST);
    return by_user_.lookup<std::uint32_t>(user).value_or(mark);
}

std::expected<XfrmMark, std::string> UserMarks::mark_for(const policy::SadEntry& entry, bool per_user) {
    if (!active()) {
        return XfrmMark{};
    }
    if (entry.impersonation_handle != 0) {
        const auto mark = mark_of(entry.impersonation_handle);
        if (!mark) {
            return std::unexpected(mark.error());
        }
        return XfrmMark{.value = *mark, .mask = KL_MARK_MASK};
    }
    if (per_user) {
        return XfrmMark{.value = KL_MARK_DECIDED, .mask = KL_MARK_MASK};
    }
    // Whoever sends, but not to where a peer's user is answered.
    return entry.direction == policy::Direction::kOutbound ? XfrmMark{.value = 0, .mask = KL_MARK_PEER}
                                                           : XfrmMark{};
}

}  // namespace keyline::datapath
