#include "datapath/kernel_engine.h"

#include <linux/netlink.h>
#include <linux/types.h>

// After the types that it takes for granted.
#include <linux/in6.h>
#include <linux/xfrm.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "datapath/interface_settings.h"

namespace keyline::datapath {
namespace {

// SPIs below 256 are reserved (RFC 4303 2.1): nobody has an SA under this one.
constexpr std::uint32_t kProbeSpi = 0x4b;

std::string interface_name(std::uint32_t if_id) {
    char name[16];
    std::snprintf(name, sizeof(name), "klx%08x", if_id);
    return name;
}

policy::SadEntry probe_entry(Family family) {
    policy::SadEntry entry;
    entry.spi = kProbeSpi;
    entry.local = entry.remote =
        family == Family::kIpv4 ? *IpAddress::parse("127.0.0.1") : *IpAddress::parse("::1");
    entry.selector = {.local = Prefix::host(entry.local), .remote = Prefix::host(entry.remote)};
    entry.encryption_key = Secret(entry.suite.encryption_key_octets());
    return entry;
}

std::string no_esp(Family family, const std::string& reason) {
    const std::string module = family == Family::kIpv4 ? "esp4" : "esp6";
    return "the kernel has no ESP (" + reason + "): `modprobe " + module +
           "`, or set engine = \"fastpath\" for the rule";
}

}  // namespace

KernelEngine::KernelEngine(const Netlink& netlink, const std::string& instance, unsigned share)
    : netlink_(netlink),
      inbound_interface_("kli-" + instance),
      ids_(xfrm_ids(share)),
      priorities_(xfrm_priorities(share)) {}

std::expected<void, std::string> KernelEngine::open() {
    if (!socket_) {
        auto opened = XfrmSocket::open();
        if (!opened) {
            return std::unexpected(opened.error());
        }
        socket_.emplace(std::move(*opened));
    }
    return {};
}

std::expected<void, std::string> KernelEngine::available(Family family) {
    if (auto opened = open(); !opened) {
        return opened;
    }
    bool& known = families_[family == Family::kIpv6];
    if (known) {
        return {};
    }
    const policy::SadEntry probe = probe_entry(family);
    NetlinkRequest add(XFRM_MSG_NEWSA, NLM_F_CREATE | NLM_F_EXCL);
    put_sa(add, probe, 0, 0, {});
    if (const auto added = socket_->send(add);
        !added && added.error().code != EEXIST && !is_absent_algorithm(added.error())) {
        return std::unexpected(no_esp(family, added.error().text));
    }
    remove_state(*socket_, xfrm_name(probe));
    known = true;
    return {};
}

// What goes to the ESP peer itself shares its route with the ESP: only the stack's own lookup gives such
// flows the MTU that is left for them, and seals datagrams before they are cut into fragments. Transport mode
// has no other flows.
bool KernelEngine::sealed_by_stack(const policy::SadEntry& entry) {
    return entry.direction == policy::Direction::kOutbound &&
           entry.selector.remote.address.family() == entry.remote.family() &&
           entry.selector.remote.contains(entry.remote);
}

std::uint32_t KernelEngine::if_id_of(const policy::SadEntry& entry, std::uint32_t index) const {
    if (entry.direction == policy::Direction::kInbound) {
        return entry.mode == policy::Mode::kTunnel ? ids_.first : 0;
    }
    return sealed_by_stack(entry) ? 0 : id_of(index);
}

XfrmPolicy KernelEngine::policy_of(const policy::SadEntry& entry, const Installation& installation,
                                   const XfrmOffload& offload) const {
    XfrmPolicy policy{.direction = XfrmDirection::kOut,
                      .selector = entry.selector,
                      .mark = installation.mark,
                      .if_id = if_id_of(entry, installation.index),
                      .priority = installation.priority,
                      .wanted = XfrmTemplate{.mode = entry.mode,
                                             .source = entry.local,
                                             .destination = entry.remote,
                                             .reqid = id_of(installation.index)},
                      .offload_ifindex = offload.packet ? offload.ifindex : 0};
    if (policy.if_id != 0) {
        // TC has looked at the packet: all that comes by the interface is the SA's.
        const Prefix any = Prefix::any(entry.selector.family());
        policy.selector = {.local = any, .remote = any};
        policy.mark = {};
    }
    return policy;
}

std::expected<void, std::string> KernelEngine::send(NetlinkRequest& request) const {
    if (const auto sent = socket_->send(request); !sent) {
        return std::unexpected("the kernel refuses it: " + sent.error().text);
    }
    return {};
}

std::expected<Link, std::string> KernelEngine::make_interface(const std::string& name,
                                                              std::uint32_t if_id) const {
    const Netlink& netlink = netlink_;
    if (!netlink.link(name)) {
        if (const auto made = netlink.create_xfrm_interface(name, if_id); !made) {
            return std::unexpected("cannot make the XFRM interface " + name + " (" + made.error() +
                                   "): `modprobe xfrm_interface`, or set engine = \"fastpath\" for the rule");
        }
        keep_silent(name);
    }
    auto link = netlink.link(name);
    if (link) {
        if (const auto up = netlink.set_up(link->ifindex); !up) {
            return std::unexpected(name + ": " + up.error());
        }
    }
    return link;
}

// One interface takes in what all inbound tunnels carried, and one policy each lets it through: which SA may
// carry which packets, the kernel knows by the selectors of the SAs.
std::expected<void, std::string> KernelEngine::receive_tunnels() {
    if (receives_tunnels_) {
        return {};
    }
    const auto link = make_interface(inbound_interface_, ids_.first);
    if (!link) {
        return std::unexpected(link.error());
    }
    if (const auto done = accept_any_source(netlink_, *link); !done) {
        return std::unexpected(inbound_interface_ + ": " + done.error());
    }
    for (const XfrmPolicy& policy : inbound_policies()) {
        NetlinkRequest request(XFRM_MSG_UPDPOLICY);
        put_policy(request, policy);
        if (const auto sent = send(request); !sent) {
            return sent;
        }
    }
    receives_tunnels_ = true;
    return {};
}

std::vector<XfrmPolicy> KernelEngine::inbound_policies() const {
    std::vector<XfrmPolicy> policies;
    for (const Family family : {Family::kIpv4, Family::kIpv6}) {
        for (const XfrmDirection direction : {XfrmDirection::kIn, XfrmDirection::kForward}) {
            policies.push_back({.direction = direction,
                                .selector = {.local = Prefix::any(family), .remote = Prefix::any(family)},
                                .if_id = ids_.first,
                                .wanted = XfrmTemplate{.mode = policy::Mode::kTunnel}});
        }
    }
    return policies;
}

std::vector<XfrmPolicy> KernelEngine::own_policies() const {
    auto policies = socket_->list_policies().value_or(std::vector<XfrmPolicy>{});
    std::erase_if(policies, [this](const XfrmPolicy& policy) {
        return !ids_.contains(policy.if_id) && !priorities_.contains(policy.priority);
    });
    return policies;
}

void KernelEngine::remove_all() {
    if (!open()) {
        return;
    }
    for (const XfrmPolicy& policy : own_policies()) {
        NetlinkRequest request(XFRM_MSG_DELPOLICY);
        put_policy_name(request, policy);
        (void)socket_->send(request);
    }
    for (const XfrmSa& sa : list().value_or(std::vector<XfrmSa>{})) {
        if (ids_.contains(sa.reqid)) {
            remove_state(*socket_, sa.name);
        }
    }
    if (const auto link = netlink_.get().link(inbound_interface_)) {
        (void)netlink_.get().delete_link(link->ifindex);
    }
}

std::expected<KernelEngine::Installed, std::string> KernelEngine::install(const policy::SadEntry& entry,
                                                                          const Installation& installation) {
    if (const auto ready = available(entry.local.family()); !ready) {
        return std::unexpected(ready.error());
    }
    const bool inbound = entry.direction == policy::Direction::kInbound;
    if (inbound && entry.mode == policy::Mode::kTunnel) {
        if (const auto ready = receive_tunnels(); !ready) {
            return std::unexpected(ready.error());
        }
    }
    const std::uint32_t index = installation.index;
    const auto offload = add_state(*socket_, netlink_,
                                   {.entry = entry,
                                    .reqid = id_of(index),
                                    .if_id = if_id_of(entry, index),
                                    .mark = installation.mark,
                                    .offload = installation.offload,
                                    .progress = installation.progress});
    if (!offload) {
        return std::unexpected(offload.error());
    }
    Installed installed{.offload = *offload};
    if (inbound) {
        return installed;
    }
    if (const auto leads = lead_to(entry, installation, installed); !leads) {
        remove(entry, index);
        return std::unexpected(leads.error());
    }
    return installed;
}

std::expected<void, std::string> KernelEngine::lead_to(const policy::SadEntry& entry,
                                                       const Installation& installation,
                                                       Installed& installed) {
    if (sealed_by_stack(entry)) {
        if (const auto led = lead_by_stack(entry, installation, installed); !led) {
            return std::unexpected("the kernel refuses its policy: " + led.error().text);
        }
        return {};
    }
    const auto interface = lead_by_interface(policy_of(entry, installation, installed.offload));
    if (!interface) {
        return std::unexpected(interface.error());
    }
    installed.ifindex = *interface;
    return {};
}

std::expected<void, XfrmError> KernelEngine::lead_by_stack(const policy::SadEntry& entry,
                                                           const Installation& installation,
                                                           Installed& installed) {
    auto led = stack_policies_.exempt(*socket_, installation.exemptions);
    if (led) {
        led = stack_policies_.lead(*socket_, policy_of(entry, installation, installed.offload),
                                   installation.index);
    }
    if (!led) {
        return led;
    }
    if (const auto policy = raw_policy_of(entry, installation, installed.offload)) {
        const auto mark = raw_policies_.lead(*socket_, *policy, installation.index);
        if (!mark) {
            return std::unexpected(mark.error());
        }
        installed.raw_mark = *mark;
    }
    return {};
}

std::optional<XfrmPolicy> KernelEngine::raw_policy_of(const policy::SadEntry& entry,
                                                      const Installation& installation,
                                                      const XfrmOffload& offload) const {
    if (!sealed_by_stack(entry) || entry.selector.protocol == 0) {
        return std::nullopt;
    }
    XfrmPolicy policy = policy_of(entry, installation, offload);
    policy.priority = installation.raw_priority;
    return policy;
}

std::expected<std::uint32_t, std::string> KernelEngine::lead_by_interface(const XfrmPolicy& policy) const {
    const auto link = make_interface(interface_name(policy.if_id), policy.if_id);
    if (!link) {
        return std::unexpected(link.error());
    }
    NetlinkRequest request(XFRM_MSG_UPDPOLICY);
    put_policy(request, policy);
    if (const auto sent = send(request); !sent) {
        return std::unexpected(sent.error());
    }
    return link->ifindex;
}

std::expected<std::uint32_t, std::string> KernelEngine::restore(const policy::SadEntry& entry,
                                                                const Installation& installation,
                                                                const XfrmOffload& offload) {
    return lead_by_interface(policy_of(entry, installation, offload));
}

std::expected<bool, std::string> KernelEngine::restore_inbound() {
    if (!receives_tunnels_ || netlink_.get().link(inbound_interface_)) {
        return false;
    }
    receives_tunnels_ = false;
    if (const auto made = receive_tunnels(); !made) {
        return std::unexpected(made.error());
    }
    return true;
}

void KernelEngine::renew_shared_policies() {
    if (!socket_) {
        return;
    }
    stack_policies_.renew_exemptions(*socket_);
    if (receives_tunnels_) {
        receives_tunnels_ = false;
        (void)receive_tunnels();
    }
}

void KernelEngine::reorder(const policy::SadEntry& entry, const Installation& installation,
                           const XfrmOffload& offload) {
    const std::uint32_t index = installation.index;
    if (sealed_by_stack(entry) && stack_policies_.leads_to(index)) {
        (void)stack_policies_.exempt(*socket_, installation.exemptions);
        (void)stack_policies_.lead(*socket_, policy_of(entry, installation, offload), index);
    }
    if (const auto policy = raw_policy_of(entry, installation, offload)) {
        raw_policies_.renew(*socket_, *policy, index);
    }
}

void KernelEngine::exempt_only(const std::vector<XfrmPolicy>& exemptions) {
    if (socket_) {
        (void)stack_policies_.exempt_only(*socket_, exemptions);
    }
}

void KernelEngine::remove(const policy::SadEntry& entry, std::uint32_t index) {
    if (!socket_) {
        return;
    }
    if (entry.direction == policy::Direction::kOutbound) {
        if (sealed_by_stack(entry)) {
            stack_policies_.release(*socket_, index);
            raw_policies_.release(*socket_, index);
        } else {
            NetlinkRequest request(XFRM_MSG_DELPOLICY);
            put_policy_name(request, policy_of(entry, {.index = index}, {}));
            (void)socket_->send(request);
            if (const auto link = netlink_.get().link(interface_name(id_of(index)))) {
                (void)netlink_.get().delete_link(link->ifindex);
            }
        }
    }
    remove_state(*socket_, xfrm_name(entry));
}

void KernelEngine::adopt(const policy::SadEntry& entry, std::uint32_t index, const XfrmMark& mark,
                         std::uint32_t raw_mark) {
    (void)available(entry.local.family());
    if (sealed_by_stack(entry)) {
        const XfrmPolicy policy = policy_of(entry, {.index = index, .mark = mark}, {});
        stack_policies_.adopt(policy, index);
        if (raw_mark != 0) {
            raw_policies_.adopt(policy, index, raw_mark);
        }
    }
    receives_tunnels_ |=
        entry.direction == policy::Direction::kInbound && entry.mode == policy::Mode::kTunnel;
}

void KernelEngine::adopt_exemptions() {
    if (!open()) {
        return;
    }
    for (const XfrmPolicy& policy : own_policies()) {
        if (!policy.wanted) {
            stack_policies_.adopt_exemption(policy);
        }
    }
}

std::optional<XfrmSa> KernelEngine::find(const policy::SadEntry& entry) const {
    if (!socket_) {
        return std::nullopt;
    }
    auto found = socket_->find(xfrm_name(entry));
    return found ? std::optional(std::move(*found)) : std::nullopt;
}

std::optional<std::vector<XfrmSa>> KernelEngine::list() const {
    if (!socket_) {
        return std::nullopt;
    }
    auto listed = socket_->list();
    return listed ? std::optional(std::move(*listed)) : std::nullopt;
}

std::vector<XfrmEvent> KernelEngine::events() const {
    return socket_ ? socket_->events() : std::vector<XfrmEvent>{};
}

}  // namespace keyline::datapath
