#include "datapath/kernel_state.h"

#include <linux/netlink.h>
#include <linux/types.h>

// After the types that it takes for granted.
#include <linux/in6.h>
#include <linux/xfrm.h>

#include <cerrno>

namespace keyline::datapath {
namespace {

using policy::Offload;

std::string refusal_of(const policy::SadEntry& entry, const XfrmError& error) {
    if (!is_absent_algorithm(error)) {
        return "the kernel refuses it: " + error.text;
    }
    return "the kernel has not all algorithms of " + entry.suite.to_string() + " (" + error.text +
           "): load their modules, or set engine = \"fastpath\" for the rule";
}

std::expected<void, std::string> add(const XfrmSocket& socket, const KernelState& state,
                                     const XfrmOffload& offload) {
    const policy::SadEntry& entry = state.entry;
    NetlinkRequest request(XFRM_MSG_NEWSA, NLM_F_CREATE | NLM_F_EXCL);
    put_sa(request, entry, state.reqid, state.if_id, state.progress);
    if (entry.direction == policy::Direction::kInbound) {
        put_given_mark(request, state.mark);
    }
    put_offload(request, entry.direction, offload);
    if (const auto sent = socket.send(request); !sent) {
        return std::unexpected(refusal_of(entry, sent.error()));
    }
    return {};
}

// For a device without offload of cryptography the kernel does it itself, and does not say so unasked.
std::expected<void, std::string> add_to_device(const XfrmSocket& socket, const KernelState& state,
                                               const XfrmOffload& offload) {
    if (auto added = add(socket, state, offload); !added) {
        return added;
    }
    const XfrmSaName name = xfrm_name(state.entry);
    const auto there = socket.find(name);
    if (there && there->offload.ifindex == offload.ifindex) {
        return {};
    }
    remove_state(socket, name);
    return std::unexpected("the device has no ESP offload");
}

// The most of what is wanted that the device with the SA's local address does.
std::expected<XfrmOffload, std::string> leave_to_device(const XfrmSocket& socket, const Netlink& netlink,
                                                        const KernelState& state) {
    const auto device = netlink.interface_with(state.entry.get().local);
    if (!device) {
        return std::unexpected(device.error());
    }
    std::string refusal;
    for (const Offload kind : {Offload::kPacket, Offload::kCrypto}) {
        if (state.offload != kind && state.offload != Offload::kAuto) {
            continue;
        }
        const XfrmOffload offload{.ifindex = *device, .packet = kind == Offload::kPacket};
        const auto added = add_to_device(socket, state, offload);
        if (added) {
            return offload;
        }
        refusal = added.error();
    }
    return std::unexpected(refusal);
}

}  // namespace

bool is_absent_algorithm(const XfrmError& error) { return error.code == ENOENT || error.code == ENOSYS; }

std::expected<XfrmOffload, std::string> add_state(const XfrmSocket& socket, const Netlink& netlink,
                                                  const KernelState& state) {
    if (state.offload != Offload::kNone) {
        auto left = leave_to_device(socket, netlink, state);
        if (left) {
            return left;
        }
        if (state.offload != Offload::kAuto) {
            return std::unexpected("offload = \"" + std::string(to_string(state.offload)) +
                                   "\": " + left.error() + "; \"auto\" and \"none\" do without");
        }
    }
    if (const auto added = add(socket, state, {}); !added) {
        return std::unexpected(added.error());
    }
    return XfrmOffload{};
}

void remove_state(const XfrmSocket& socket, const XfrmSaName& name) {
    NetlinkRequest request(XFRM_MSG_DELSA);
    put_sa_name(request, name);
    (void)socket.send(request);
}

}  // namespace keyline::datapath
