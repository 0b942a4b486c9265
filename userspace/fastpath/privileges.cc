#include "fastpath/privileges.h"

#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace keyline::fastpath {

void forbid_dumps() {
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

std::expected<void, std::string> drop_capabilities() {
    constexpr cap_value_t kKept[] = {CAP_NET_RAW, CAP_BPF, CAP_IPC_LOCK};
    const auto free_capabilities = [](cap_t capabilities) { cap_free(capabilities); };
    using Capabilities = std::unique_ptr<_cap_struct, decltype(free_capabilities)>;
    const Capabilities current(cap_get_proc(), free_capabilities);
    const Capabilities kept(cap_init(), free_capabilities);
    for (const cap_value_t capability : kKept) {
        cap_flag_value_t had = CAP_CLEAR;
        cap_get_flag(current.get(), capability, CAP_PERMITTED, &had);
        if (had != CAP_SET) continue;
        cap_set_flag(kept.get(), CAP_PERMITTED, 1, &capability, CAP_SET);
        cap_set_flag(kept.get(), CAP_EFFECTIVE, 1, &capability, CAP_SET);
    }
    if (cap_set_proc(kept.get()) != 0) {
        return std::unexpected(std::string("cannot give up capabilities: ") + std::strerror(errno));
    }
    return {};
}

}  // namespace keyline::fastpath
