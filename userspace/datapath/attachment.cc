#include "datapath/attachment.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>

#include "datapath/pins.h"

namespace keyline::datapath {
namespace {

// In front of filters of others at the same priority, and told from them by the handle ("KL").
constexpr std::uint32_t kTcPriority = 1;
constexpr std::uint32_t kTcHandle = 0x4b4c;

class Descriptor {
  public:
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (fd_ >= 0) {
            ::close(fd_);
        }
    }
    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }

  private:
    int fd_;
};

std::string program_name(std::uint32_t id) {
    const Descriptor program(bpf_prog_get_fd_by_id(id));
    bpf_prog_info info{};
    std::uint32_t length = sizeof(info);
    if (!program || bpf_obj_get_info_by_fd(program.get(), &info, &length) != 0) {
        return "unknown";
    }
    return info.name;
}

// The program's id; 0: none.
std::uint32_t present_xdp(const Link& link) {
    LIBBPF_OPTS(bpf_xdp_query_opts, query);
    if (bpf_xdp_query(static_cast<int>(link.ifindex), 0, &query) != 0) {
        return 0;
    }
    for (const std::uint32_t id : {query.drv_prog_id, query.skb_prog_id, query.hw_prog_id, query.prog_id}) {
        if (id != 0) {
            return id;
        }
    }
    return 0;
}

struct XdpLink {
    std::uint32_t program = 0;
    std::uint32_t ifindex = 0;  // 0: the interface has gone
};

std::optional<XdpLink> xdp_link(int fd) {
    bpf_link_info info{};
    std::uint32_t length = sizeof(info);
    if (bpf_obj_get_info_by_fd(fd, &info, &length) != 0 || info.type != BPF_LINK_TYPE_XDP) {
        return std::nullopt;
    }
    return XdpLink{.program = info.prog_id, .ifindex = info.xdp.ifindex};
}

// The instance of Keyline that has attached this program; `root` has the pins of all.
std::optional<std::string> instance_with(std::uint32_t program, const std::filesystem::path& root) {
    std::error_code ignored;
    for (auto at = std::filesystem::recursive_directory_iterator(root, ignored);
         at != std::filesystem::recursive_directory_iterator(); at.increment(ignored)) {
        if (!at->path().filename().string().starts_with(Pins::kLinkPrefix)) {
            continue;
        }
        const Descriptor pinned(bpf_obj_get(at->path().c_str()));
        const auto link = pinned ? xdp_link(pinned.get()) : std::nullopt;
        if (link && link->program == program) {
            return at->path().parent_path().filename().string();
        }
    }
    return std::nullopt;
}

kl_xdp_mode xdp_mode(const Link& link) {
    LIBBPF_OPTS(bpf_xdp_query_opts, query);
    if (bpf_xdp_query(static_cast<int>(link.ifindex), 0, &query) != 0) {
        return KL_XDP_NONE;
    }
    return query.attach_mode == XDP_ATTACHED_SKB ? KL_XDP_GENERIC : KL_XDP_NATIVE;
}

bool renew_link(const Link& link, int program, const std::string& pin) {
    const Descriptor pinned(bpf_obj_get(pin.c_str()));
    if (!pinned) {
        return false;
    }
    const auto present = xdp_link(pinned.get());
    return present && present->ifindex == link.ifindex &&
           bpf_link_update(pinned.get(), program, nullptr) == 0;
}

bpf_tc_hook tc_hook(std::uint32_t ifindex, bpf_tc_attach_point point) {
    bpf_tc_hook hook{};
    hook.sz = sizeof(hook);
    hook.ifindex = static_cast<int>(ifindex);
    hook.attach_point = point;
    return hook;
}

bpf_tc_attach_point attach_point(TcHook hook) {
    return hook == TcHook::kIngress ? BPF_TC_INGRESS : BPF_TC_EGRESS;
}

}  // namespace

std::expected<kl_xdp_mode, std::string> attach_xdp(const Link& link, int program, const std::string& pin) {
    if (renew_link(link, program, pin)) {
        return xdp_mode(link);
    }
    detach_xdp(pin);
    if (auto taken = xdp_taken(link, pin)) {
        return std::unexpected(std::move(*taken));
    }
    std::string reasons;
    for (const auto& [flags, mode] :
         {std::pair{XDP_FLAGS_DRV_MODE, "native"}, std::pair{XDP_FLAGS_SKB_MODE, "generic"}}) {
        LIBBPF_OPTS(bpf_link_create_opts, options, .flags = flags);
        const Descriptor created(bpf_link_create(program, static_cast<int>(link.ifindex), BPF_XDP, &options));
        if (!created) {
            reasons += std::string(reasons.empty() ? "" : ", ") + mode + ": " + std::strerror(errno);
            continue;
        }
        if (bpf_obj_pin(created.get(), pin.c_str()) != 0) {
            return std::unexpected("cannot pin " + pin + ": " + std::strerror(errno));
        }
        return xdp_mode(link);
    }
    return std::unexpected("cannot attach XDP to " + link.name + " (" + reasons + ")");
}

std::optional<std::string> xdp_taken(const Link& link, const std::string& pin) {
    const std::uint32_t program = present_xdp(link);
    const Descriptor pinned(bpf_obj_get(pin.c_str()));
    const auto ours = pinned ? xdp_link(pinned.get()) : std::nullopt;
    if (program == 0 || (ours && ours->ifindex == link.ifindex)) {
        return std::nullopt;
    }
    const std::filesystem::path root = std::filesystem::path(pin).parent_path().parent_path();
    if (const auto instance = instance_with(program, root)) {
        return link.name + " belongs to Keyline's instance \"" + *instance + "\": `keyline detach " +
               link.name + " --instance " + *instance + "`, or choose another interface";
    }
    return link.name + " already has XDP program " + std::to_string(program) + " (" + program_name(program) +
           "), which is not Keyline's: detach it (`ip link set dev " + link.name +
           " xdp off`) or choose another interface";
}

void detach_xdp(const std::string& pin) {
    const Descriptor pinned(bpf_obj_get(pin.c_str()));
    if (pinned) {
        bpf_link_detach(pinned.get());
    }
    std::error_code ignored;
    std::filesystem::remove(pin, ignored);
}

std::expected<bool, std::string> attach_tc(const Link& link, TcHook hook, int program) {
    bpf_tc_hook at = tc_hook(link.ifindex, attach_point(hook));
    const int made = bpf_tc_hook_create(&at);
    if (made != 0 && made != -EEXIST) {
        return std::unexpected("cannot make a clsact qdisc on " + link.name + ": " + std::strerror(-made) +
                               (made == -ENOENT ? "; `modprobe sch_ingress`" : ""));
    }
    LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = program, .flags = BPF_TC_F_REPLACE, .handle = kTcHandle,
                .priority = kTcPriority);
    if (const int result = bpf_tc_attach(&at, &options); result != 0) {
        const std::string remedy = result == -ENOENT
                                       ? "`modprobe cls_bpf`"
                                       : "`tc filter show dev " + link.name +
                                             (hook == TcHook::kEgress ? " egress" : " ingress") +
                                             "` shows who has priority 1";
        return std::unexpected("cannot attach the TC program to " + link.name + ": " +
                               std::strerror(-result) + "; " + remedy);
    }
    return made == 0;
}

void detach_tc(const Netlink& netlink, std::uint32_t ifindex, TcHook hook, bool remove_clsact) {
    bpf_tc_hook at = tc_hook(ifindex, attach_point(hook));
    LIBBPF_OPTS(bpf_tc_opts, options, .handle = kTcHandle, .priority = kTcPriority);
    bpf_tc_detach(&at, &options);
    if (!remove_clsact) {
        return;
    }
    const auto used = netlink.clsact_in_use(ifindex);
    if (used && !*used) {
        bpf_tc_hook both = tc_hook(ifindex, static_cast<bpf_tc_attach_point>(BPF_TC_INGRESS | BPF_TC_EGRESS));
        bpf_tc_hook_destroy(&both);
    }
}

std::expected<void, std::string> attach_cgroup(const std::string& cgroup, const SocketProgram& program,
                                               const std::string& pin) {
    const Descriptor pinned(bpf_obj_get(pin.c_str()));
    if (pinned && bpf_link_update(pinned.get(), program.fd, nullptr) == 0) {
        return {};
    }
    const Descriptor directory(::open(cgroup.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const Descriptor created(directory ? bpf_link_create(program.fd, directory.get(), program.type, nullptr)
                                       : -1);
    if (!created) {
        return std::unexpected("cannot attach " + std::string(program.name) + " to the cgroup " + cgroup +
                               ": " + std::strerror(errno));
    }
    if (bpf_obj_pin(created.get(), pin.c_str()) != 0) {
        return std::unexpected("cannot pin " + pin + ": " + std::strerror(errno));
    }
    return {};
}

}  // namespace keyline::datapath
