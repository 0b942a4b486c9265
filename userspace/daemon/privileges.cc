#include "daemon/privileges.h"

#include <fmt/format.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

namespace keyline::daemon {
namespace {

struct CapabilitiesFree {
    void operator()(cap_t set) const { cap_free(set); }
};
using Capabilities = std::unique_ptr<std::remove_pointer_t<cap_t>, CapabilitiesFree>;

std::vector<cap_value_t> needed_capabilities(bool datapath, bool users) {
    std::vector<cap_value_t> needed{CAP_NET_ADMIN, CAP_NET_RAW, CAP_NET_BIND_SERVICE};
    if (datapath) needed.insert(needed.end(), {CAP_BPF, CAP_PERFMON});
    if (users) needed.push_back(CAP_DAC_READ_SEARCH);  // their credential caches are theirs alone
    return needed;
}

bool has(const Capabilities& set, cap_value_t capability) {
    cap_flag_value_t value = CAP_CLEAR;
    return cap_get_flag(set.get(), capability, CAP_PERMITTED, &value) == 0 && value == CAP_SET;
}

}  // namespace

void forbid_core_dumps() {
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

std::expected<void, std::string> drop_capabilities(bool datapath, bool users) {
    const Capabilities current(cap_get_proc());
    const Capabilities kept(cap_init());
    if (!current || !kept) return std::unexpected(fmt::format("capabilities: {}", std::strerror(errno)));
    for (const cap_value_t capability : needed_capabilities(datapath, users)) {
        if (!has(current, capability)) continue;
        cap_set_flag(kept.get(), CAP_PERMITTED, 1, &capability, CAP_SET);
        cap_set_flag(kept.get(), CAP_EFFECTIVE, 1, &capability, CAP_SET);
    }
    // Needs CAP_SETPCAP; without it there is nothing that exec could regain but what no_new_privs forbids
    // anyway.
    for (cap_value_t capability = 0; capability <= CAP_LAST_CAP; ++capability) {
        if (!has(kept, capability)) (void)cap_drop_bound(capability);
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || cap_set_proc(kept.get()) != 0) {
        return std::unexpected(fmt::format("cannot drop capabilities: {}", std::strerror(errno)));
    }
    // A change of credentials has made the process dumpable again where fs.suid_dumpable says so.
    forbid_core_dumps();
    return {};
}

std::string missing_capabilities() {
    const Capabilities current(cap_get_proc());
    std::string missing;
    for (const cap_value_t capability : {CAP_NET_ADMIN, CAP_BPF}) {
        if (current && has(current, capability)) continue;
        const std::unique_ptr<char, int (*)(void*)> name(cap_to_name(capability), cap_free);
        missing += fmt::format("{}{}", missing.empty() ? "" : ", ", name ? name.get() : "?");
    }
    if (missing.empty()) return missing;
    return fmt::format("the datapath needs {}: run as root, or start with --no-datapath to negotiate only",
                       missing);
}

}  // namespace keyline::daemon
