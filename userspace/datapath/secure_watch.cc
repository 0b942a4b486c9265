#include "datapath/secure_watch.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>

#include "secure_watch.skel.h"

namespace keyline::datapath {
namespace {

constexpr const char* kSealedPin = "link_sealed";
constexpr const char* kOpenedPin = "link_opened";

std::string failure(int error, const std::string& what) {
    return "negotiation discovery needs to watch kernel ESP, and the kernel refuses to " + what + " (" +
           std::strerror(error) +
           "): it may lack BTF or tracing (CONFIG_DEBUG_INFO_BTF, CONFIG_FUNCTION_TRACER); "
           "set engine = \"fastpath\" for the rule";
}

std::expected<std::uint32_t, std::string> own_namespace() {
    struct stat status {};
    if (::stat("/proc/thread-self/ns/net", &status) != 0) {
        return std::unexpected(failure(errno, "tell the network namespace"));
    }
    return static_cast<std::uint32_t>(status.st_ino);
}

// The new link is there before the old one goes: nothing is missed between them.
std::expected<void, std::string> attach(const bpf_program* program, const std::string& pin) {
    const int link = bpf_raw_tracepoint_open(nullptr, bpf_program__fd(program));
    if (link < 0) {
        return std::unexpected(failure(-link, "attach " + std::string(bpf_program__name(program))));
    }
    std::error_code ignored;
    std::filesystem::remove(pin, ignored);
    const int pinned = bpf_obj_pin(link, pin.c_str());
    ::close(link);
    if (pinned != 0) {
        return std::unexpected("cannot pin " + pin + ": " + std::strerror(-pinned));
    }
    return {};
}

}  // namespace

std::expected<void, std::string> SecureWatch::begin() {
    if (watches_) {
        return {};
    }
    const auto network = own_namespace();
    if (!network) {
        return std::unexpected(network.error());
    }
    LIBBPF_OPTS(bpf_object_open_opts, options, .pin_root_path = pins_.directory().c_str());
    const std::unique_ptr<secure_watch_bpf, void (*)(secure_watch_bpf*)> watch(
        secure_watch_bpf__open_opts(&options), secure_watch_bpf__destroy);
    if (!watch) {
        return std::unexpected(failure(errno, "open the programs"));
    }
    watch->rodata->kl_netns = *network;
    bpf_map* map = nullptr;
    bpf_object__for_each_map(map, watch->obj) {
        if (const auto present = pins_.map(bpf_map__name(map))) {
            bpf_map__set_max_entries(map, present->max_entries());
        }
    }
    if (const int loaded = secure_watch_bpf__load(watch.get()); loaded != 0) {
        return std::unexpected(failure(-loaded, "load the programs"));
    }
    if (const auto sealed = attach(watch->progs.kl_watch_sealed, pins_.path(kSealedPin)); !sealed) {
        return sealed;
    }
    if (const auto opened = attach(watch->progs.kl_watch_opened, pins_.path(kOpenedPin)); !opened) {
        return opened;
    }
    watches_ = true;
    return {};
}

void SecureWatch::renew() {
    if (std::filesystem::exists(pins_.path(kSealedPin))) {
        (void)begin();
    }
}

}  // namespace keyline::datapath
