// Messages of NETLINK_XFRM (linux/xfrm.h): security associations and policies of the kernel's IPsec. The
// caller gives the request its message type; these fill in what follows.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "base/ip_address.h"
#include "datapath/netlink_request.h"
#include "policy/sad_entry.h"
#include "policy/selector.h"

namespace keyline::datapath {

// Where the sequence numbers of an SA stand (RFC 4303 3.3.3, 3.4.3). `window` is the kernel's bitmap: number
// n has bit (n - 1) % size, where the size is the replay window of the SA.
struct XfrmProgress {
    std::uint64_t outbound = 0;  // last number used
    std::uint64_t inbound = 0;   // highest number authenticated
    std::vector<std::uint32_t> window;
    std::uint64_t packets = 0;
    std::uint64_t octets = 0;  // as the kernel counts them: outbound with the outer header of a tunnel
};

// A kernel SA is named by its destination and SPI.
struct XfrmSaName {
    IpAddress destination;
    std::uint32_t spi = 0;

    auto operator<=>(const XfrmSaName&) const = default;
};
XfrmSaName xfrm_name(const policy::SadEntry& entry);

// Who does the work of an SA: the device with this index, all of ESP or the cryptography alone.
struct XfrmOffload {
    std::uint32_t ifindex = 0;  // 0: nobody but the kernel
    bool packet = false;
};

// An SA as the kernel tells of it.
struct XfrmSa {
    XfrmSaName name;
    std::uint32_t reqid = 0;
    std::uint32_t if_id = 0;
    std::uint32_t replays = 0;   // packets seen before, or older than the window
    std::uint32_t failures = 0;  // of the integrity check
    XfrmOffload offload;
    XfrmProgress progress;
};

// The kernel has met a limit of an SA.
struct XfrmExpiry {
    XfrmSaName name;
    bool hard = false;
};

// An authenticated packet of an inbound, UDP-encapsulated SA came from another place than the SA has.
struct XfrmMapping {
    XfrmSaName name;
    Endpoint source;
};

// Somebody has deleted states, or policies, one or all; which are left, a dump tells.
struct XfrmStatesGone {};
struct XfrmPoliciesGone {};

using XfrmEvent = std::variant<XfrmExpiry, XfrmMapping, XfrmStatesGone, XfrmPoliciesGone>;

enum class XfrmDirection : std::uint8_t { kIn, kOut, kForward };

// The SAs that a policy wants: one that has all of this, where what is not set matches anything.
struct XfrmTemplate {
    policy::Mode mode = policy::Mode::kTransport;
    IpAddress source;
    IpAddress destination;
    std::uint32_t reqid = 0;
};

// Marks of which the bits of the mask are these; by default any.
struct XfrmMark {
    std::uint32_t value = 0;
    std::uint32_t mask = 0;

    auto operator<=>(const XfrmMark&) const = default;
};

struct XfrmPolicy {
    XfrmDirection direction = XfrmDirection::kOut;
    policy::Selector selector;
    XfrmMark mark{};
    std::uint32_t if_id = 0;
    std::uint32_t priority = 0;                         // lower wins
    std::optional<XfrmTemplate> wanted = std::nullopt;  // none: the packet goes on as it is
    bool blocks = false;                                // the packet is dropped
    std::uint32_t offload_ifindex = 0;  // the device that keeps it, for SAs that it does all of
    std::uint32_t index = 0;            // the kernel's own name for it, once it is there
};

// XFRM_MSG_NEWSA.
void put_sa(NetlinkRequest& request, const policy::SadEntry& entry, std::uint32_t reqid, std::uint32_t if_id,
            const XfrmProgress& progress);
// Of an inbound SA, after put_sa(): packets that it has opened get this mark.
void put_given_mark(NetlinkRequest& request, const XfrmMark& mark);
// After put_sa(): the device takes it over.
void put_offload(NetlinkRequest& request, policy::Direction direction, const XfrmOffload& offload);
// XFRM_MSG_DELSA and XFRM_MSG_GETSA.
void put_sa_name(NetlinkRequest& request, const XfrmSaName& name);
// XFRM_MSG_UPDPOLICY.
void put_policy(NetlinkRequest& request, const XfrmPolicy& policy);
// XFRM_MSG_DELPOLICY: direction, selector, mark and interface id name it.
void put_policy_name(NetlinkRequest& request, const XfrmPolicy& policy);

// Of XFRM_MSG_NEWSA in a dump; nullopt when it is no ESP.
std::optional<XfrmSa> read_sa(const nlmsghdr* message);
// The reqid alone, whatever the protocol.
std::optional<std::uint32_t> read_reqid(const nlmsghdr* message);
// Of XFRM_MSG_NEWPOLICY in a dump; nullopt when it is no policy of the namespace, but one socket's.
std::optional<XfrmPolicy> read_policy(const nlmsghdr* message);
// Of the messages of the kernel's groups EXPIRE, MAPPING, SA and POLICY; nullopt for what says nothing of
// these.
std::optional<XfrmEvent> read_event(const nlmsghdr* message);

}  // namespace keyline::datapath
