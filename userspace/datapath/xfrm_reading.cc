// What the kernel tells by NETLINK_XFRM.
// The kernel's own headers: they do not go together with <netinet/in.h>.
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/xfrm.h>
#include <sys/socket.h>

#include "datapath/network_order.h"
#include "datapath/xfrm_message.h"

namespace keyline::datapath {
namespace {

IpAddress from_xfrm(const xfrm_address_t& address, std::uint16_t family) {
    const auto* octets = reinterpret_cast<const std::uint8_t*>(&address);
    return *IpAddress::from_octets({octets, family == AF_INET ? std::size_t{4} : std::size_t{16}});
}

// What the kernel's masks leave of ports but single ones and all of them, counts as all.
policy::Selector from_xfrm(const xfrm_selector& from, bool outbound) {
    const Prefix source{from_xfrm(from.saddr, from.family), from.prefixlen_s};
    const Prefix destination{from_xfrm(from.daddr, from.family), from.prefixlen_d};
    const std::uint16_t source_port = from.sport_mask == 0xffff ? to_be16(from.sport) : 0;
    const std::uint16_t destination_port = from.dport_mask == 0xffff ? to_be16(from.dport) : 0;
    return {.local = outbound ? source : destination,
            .remote = outbound ? destination : source,
            .protocol = from.proto,
            .local_port = outbound ? source_port : destination_port,
            .remote_port = outbound ? destination_port : source_port};
}

XfrmDirection from_xfrm_direction(std::uint8_t direction) {
    switch (direction) {
        case XFRM_POLICY_IN:
            return XfrmDirection::kIn;
        case XFRM_POLICY_FWD:
            return XfrmDirection::kForward;
        default:
            return XfrmDirection::kOut;
    }
}

void read_replay(const nlattr* attribute, XfrmSa& sa) {
    const auto* state = static_cast<const xfrm_replay_state_esn*>(mnl_attr_get_payload(attribute));
    const std::size_t octets = mnl_attr_get_payload_len(attribute);
    if (octets < sizeof(*state) || (octets - sizeof(*state)) / sizeof(std::uint32_t) < state->bmp_len) {
        return;
    }
    sa.progress.outbound = std::uint64_t{state->oseq_hi} << 32 | state->oseq;
    sa.progress.inbound = std::uint64_t{state->seq_hi} << 32 | state->seq;
    sa.progress.window.assign(state->bmp, state->bmp + state->bmp_len);
}

void read_offload(const nlattr* attribute, XfrmSa& sa) {
    const auto* device = static_cast<const xfrm_user_offload*>(mnl_attr_get_payload(attribute));
    if (mnl_attr_get_payload_len(attribute) >= sizeof(*device)) {
        sa.offload = {.ifindex = static_cast<std::uint32_t>(device->ifindex),
                      .packet = (device->flags & XFRM_OFFLOAD_PACKET) != 0};
    }
}

void read_mark(const nlattr* attribute, XfrmPolicy& policy) {
    const auto* mark = static_cast<const xfrm_mark*>(mnl_attr_get_payload(attribute));
    if (mnl_attr_get_payload_len(attribute) >= sizeof(*mark)) {
        policy.mark = {.value = mark->v, .mask = mark->m};
    }
}

// The first, if it has several.
void read_template(const nlattr* attribute, XfrmPolicy& policy) {
    const auto* wanted = static_cast<const xfrm_user_tmpl*>(mnl_attr_get_payload(attribute));
    if (mnl_attr_get_payload_len(attribute) >= sizeof(*wanted)) {
        policy.wanted = XfrmTemplate{
            .mode = wanted->mode == XFRM_MODE_TUNNEL ? policy::Mode::kTunnel : policy::Mode::kTransport,
            .source = from_xfrm(wanted->saddr, wanted->family),
            .destination = from_xfrm(wanted->id.daddr, wanted->family),
            .reqid = wanted->reqid};
    }
}

// The fixed part of a message of this type; null when it is another, or cut short.
template <typename Payload>
const Payload* payload_of(const nlmsghdr* message, std::uint16_t type) {
    return message->nlmsg_type == type && mnl_nlmsg_get_payload_len(message) >= sizeof(Payload)
               ? static_cast<const Payload*>(mnl_nlmsg_get_payload(message))
               : nullptr;
}

XfrmSaName name_of(const xfrm_usersa_info& info) {
    return {.destination = from_xfrm(info.id.daddr, info.family), .spi = to_be32(info.id.spi)};
}

}  // namespace

std::optional<XfrmSa> read_sa(const nlmsghdr* message) {
    const auto* info = payload_of<xfrm_usersa_info>(message, XFRM_MSG_NEWSA);
    if (info == nullptr || info->id.proto != IPPROTO_ESP) {
        return std::nullopt;
    }
    XfrmSa sa{.name = name_of(*info),
              .reqid = info->reqid,
              .replays = info->stats.replay_window + info->stats.replay,
              .failures = info->stats.integrity_failed};
    sa.progress.packets = info->curlft.packets;
    sa.progress.octets = info->curlft.bytes;
    auto visit = [](const nlattr* attribute, void* data) {
        XfrmSa& into = *static_cast<XfrmSa*>(data);
        switch (mnl_attr_get_type(attribute)) {
            case XFRMA_IF_ID:
                into.if_id = mnl_attr_get_u32(attribute);
                break;
            case XFRMA_REPLAY_ESN_VAL:
                read_replay(attribute, into);
                break;
            case XFRMA_OFFLOAD_DEV:
                read_offload(attribute, into);
                break;
            default:
                break;
        }
        return MNL_CB_OK;
    };
    mnl_attr_parse(message, sizeof(*info), visit, &sa);
    return sa;
}

std::optional<std::uint32_t> read_reqid(const nlmsghdr* message) {
    const auto* info = payload_of<xfrm_usersa_info>(message, XFRM_MSG_NEWSA);
    return info != nullptr ? std::optional(info->reqid) : std::nullopt;
}

std::optional<XfrmPolicy> read_policy(const nlmsghdr* message) {
    const auto* info = payload_of<xfrm_userpolicy_info>(message, XFRM_MSG_NEWPOLICY);
    if (info == nullptr || info->dir > XFRM_POLICY_FWD) {
        return std::nullopt;
    }
    XfrmPolicy policy{.direction = from_xfrm_direction(info->dir),
                      .selector = from_xfrm(info->sel, info->dir == XFRM_POLICY_OUT),
                      .priority = info->priority,
                      .blocks = info->action == XFRM_POLICY_BLOCK,
                      .index = info->index};
    auto visit = [](const nlattr* attribute, void* data) {
        XfrmPolicy& into = *static_cast<XfrmPolicy*>(data);
        switch (mnl_attr_get_type(attribute)) {
            case XFRMA_IF_ID:
                into.if_id = mnl_attr_get_u32(attribute);
                break;
            case XFRMA_MARK:
                read_mark(attribute, into);
                break;
            case XFRMA_TMPL:
                read_template(attribute, into);
                break;
            default:
                break;
        }
        return MNL_CB_OK;
    };
    mnl_attr_parse(message, sizeof(*info), visit, &policy);
    return policy;
}

std::optional<XfrmEvent> read_event(const nlmsghdr* message) {
    const std::uint16_t type = message->nlmsg_type;
    if (type == XFRM_MSG_DELSA || type == XFRM_MSG_FLUSHSA) {
        return XfrmStatesGone{};
    }
    if (type == XFRM_MSG_DELPOLICY || type == XFRM_MSG_FLUSHPOLICY) {
        return XfrmPoliciesGone{};
    }
    if (const auto* expire = payload_of<xfrm_user_expire>(message, XFRM_MSG_EXPIRE);
        expire != nullptr && expire->state.id.proto == IPPROTO_ESP) {
        return XfrmExpiry{.name = name_of(expire->state), .hard = expire->hard != 0};
    }
    if (const auto* mapping = payload_of<xfrm_user_mapping>(message, XFRM_MSG_MAPPING)) {
        const std::uint16_t family = mapping->id.family;
        return XfrmMapping{
            .name = {.destination = from_xfrm(mapping->id.daddr, family), .spi = to_be32(mapping->id.spi)},
            .source = {from_xfrm(mapping->new_saddr, family), to_be16(mapping->new_sport)}};
    }
    return std::nullopt;
}

}  // namespace keyline::datapath
