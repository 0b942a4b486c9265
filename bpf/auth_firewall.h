/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Authenticated firewall (MS-AIPS 3.10): a connection's first packet goes under the SA and once more as it is; the rest
 * of the connection, both ways, goes as it is. Only what the connection state table knows to be authorized passes.
 */
#ifndef KEYLINE_BPF_AUTH_FIREWALL_H
#define KEYLINE_BPF_AUTH_FIREWALL_H

#include "connections.h"

#define KL_ICMP_UNREACHABLE 3
#define KL_ICMPV6_UNREACHABLE 1

/*
 * Whether a packet of the connection may go or come in the clear. If so, it restarts the connection's timer (3.1.7.7)
 * and moves its TCP state on. A global function (auth_firewall.bpf.c), as are those below: their keys burden no stack.
 */
int kl_passes_clear(const struct kl_packet *packet);

/* Whether an outbound packet goes in the clear alone: as more of its connection, or as an ICMP error about one. */
int kl_goes_clear(const struct kl_packet *packet, __u32 fragment_kind);

/*
 * 3.10.5.4: whether a packet that came in is an ICMP error about an authorized connection. If it is a prohibition, the
 * connection's next packet will be sent twice. `packet` as it was parsed.
 */
int kl_heed_icmp(struct xdp_md *xdp, const struct kl_packet *packet);

static __always_inline bool kl_is_unreachable(const struct kl_packet *packet)
{
	__u8 type = packet->tuple.local_port >> 8;

	return (packet->tuple.protocol == IPPROTO_ICMP && type == KL_ICMP_UNREACHABLE) ||
	       (packet->tuple.protocol == IPPROTO_ICMPV6 && type == KL_ICMPV6_UNREACHABLE);
}

#endif
