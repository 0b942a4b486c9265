#include "daemon/engine_view.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <net/if.h>

#include <algorithm>
#include <set>

#include "shared/names.h"

namespace keyline::daemon {
namespace {

const char* role_name(unsigned role) {
    switch (role) {
        case KL_PORT_UNPROTECTED:
            return "unprotected";
        case KL_PORT_PROTECTED:
            return "protected";
        case KL_PORT_HANDOVER:
            return "handover";
        default:
            return "none";
    }
}

unsigned served_queues(const kl_port& port) { return std::min<unsigned>(port.queues, KL_MAX_QUEUES); }

const char* xsk_mode_reason(unsigned mode) {
    switch (mode) {
        case KL_XSK_ZEROCOPY:
            return "the driver gives its queues to AF_XDP without a copy";
        case KL_XSK_COPY:
            return "the driver has native XDP but no zero-copy";
        case KL_XSK_GENERIC:
            return "the driver has no native XDP";
        default:
            return "no worker serves the queue: is keyline-fastpath running?";
    }
}

// The slowest mode among the queues of the interfaces that carry ESP, which is what an SA may have to live
// with.
std::string fastpath_mode(const std::vector<datapath::PortView>& ports) {
    std::vector<std::string> modes;
    for (const auto& [index, port] : ports) {
        if (port.role != KL_PORT_UNPROTECTED) continue;
        std::set<unsigned> seen(port.xsk_mode, port.xsk_mode + served_queues(port));
        for (const unsigned mode : seen) {
            modes.push_back(fmt::format("AF_XDP {} on {} ({})", kl_xsk_mode_name(mode), port.name,
                                        xsk_mode_reason(mode)));
        }
    }
    return modes.empty() ? "no interface is attached: `keyline attach IF`"
                         : fmt::format("{}", fmt::join(modes, "; "));
}

// What leads packets to a kernel SA, or takes them out of it.
std::string way_to_kernel(const kl_sa& sa) {
    if (sa.direction == KL_INBOUND) return sa.cpu != 0 ? fmt::format(", on CPU {}", sa.cpu - 1) : "";
    return sa.xfrm_ifindex != 0 ? ", by an XFRM interface" : ", by a policy of the stack";
}

const char* offload_name(unsigned offload) {
    switch (offload) {
        case KL_OFFLOAD_CRYPTO:
            return "crypto";
        case KL_OFFLOAD_PACKET:
            return "packet";
        default:
            return "none";
    }
}

std::string interface_name(std::uint32_t ifindex) {
    char name[IF_NAMESIZE];
    return if_indextoname(ifindex, name) != nullptr ? name : fmt::format("interface {}", ifindex);
}

// Who does the work of a kernel SA; nothing where nobody else was asked.
std::string offload_mode(policy::Offload wanted, const kl_sa& sa) {
    switch (sa.offload) {
        case KL_OFFLOAD_CRYPTO:
            return ", cryptography by " + interface_name(sa.offload_ifindex);
        case KL_OFFLOAD_PACKET:
            return ", all of ESP by " + interface_name(sa.offload_ifindex);
        default:
            return wanted == policy::Offload::kNone ? "" : ", no offload: its device takes none";
    }
}

}  // namespace

Json interface_json(const kl_port& port) {
    Json queues = Json::array();
    for (unsigned i = 0; i < served_queues(port); ++i) {
        queues.push_back({{"queue", i},
                          {"af_xdp", kl_xsk_mode_name(port.xsk_mode[i])},
                          {"worker", port.served[i] != 0 ? Json(port.served[i] - 1) : Json(nullptr)}});
    }
    return {{"name", std::string(port.name, strnlen(port.name, sizeof port.name))},
            {"ifindex", port.ifindex},
            {"role", role_name(port.role)},
            {"mtu", port.mtu},
            {"xdp", kl_xdp_mode_name(port.xdp_mode)},
            {"queues", std::move(queues)}};
}

Json engine_json(const policy::Rule* rule, const kl_sa& sa, const std::vector<datapath::PortView>& ports,
                 const datapath::WorkerStatus& worker) {
    const unsigned crypto = kl_needs_openssl(sa.encryption, sa.integrity) ? KL_CRYPTO_OPENSSL : worker.engine;
    const policy::Engine wanted = rule != nullptr ? rule->engine : policy::Engine::kAuto;
    std::string why = fmt::format("engine = \"{}\" in the rule", policy::to_string(wanted));
    if (sa.engine == KL_ENGINE_KERNEL) {
        if (wanted == policy::Engine::kAuto) why += ", and keyline-fastpath did not run when the SA came up";
        const policy::Offload offload = rule != nullptr ? rule->offload : policy::Offload::kNone;
        if (offload != policy::Offload::kNone)
            why += fmt::format(", offload = \"{}\"", policy::to_string(offload));
        return {{"engine", "kernel"},
                {"engine_mode",
                 fmt::format("kernel ESP (XFRM){}{}", way_to_kernel(sa), offload_mode(offload, sa))},
                {"offload", offload_name(sa.offload)},
                {"crypto", sa.offload == KL_OFFLOAD_NONE ? "kernel" : "device"},
                {"why", why}};
    }
    return {{"engine", "fastpath"},
            {"engine_mode", worker.alive ? fastpath_mode(ports) : "keyline-fastpath does not run: start it"},
            {"crypto", worker.alive ? kl_crypto_engine_name(crypto) : "none"},
            {"why", why}};
}

}  // namespace keyline::daemon
