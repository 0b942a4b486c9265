/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Writing and reading the handover (shared/handover.h), and the way to a port's socket. */
#ifndef KEYLINE_BPF_HANDOVER_H
#define KEYLINE_BPF_HANDOVER_H

#include <linux/if_ether.h>

#include "maps.h"
#include "shared/handover.h"

static __always_inline void kl_make_handover(struct kl_handover *handover, __u32 value, enum kl_handover_kind kind,
					     __u32 port)
{
	handover->value[0] = value;
	handover->value[1] = value >> 8;
	handover->value[2] = value >> 16;
	handover->value[3] = value >> 24;
	handover->kind = kind;
	handover->port = port;
}

static __always_inline __u32 kl_handover_value(const struct kl_handover *handover)
{
	return handover->value[0] | (__u32)handover->value[1] << 8 | (__u32)handover->value[2] << 16 |
	       (__u32)handover->value[3] << 24;
}

/* The index of the port that an interface is; KL_MAX_PORTS: none. */
static __always_inline __u32 kl_port_index(__u32 ifindex)
{
	__u32 *port = bpf_map_lookup_elem(&kl_port_by_ifindex, &ifindex);

	return port && *port < KL_MAX_PORTS ? *port : KL_MAX_PORTS;
}

/* Gives the frame to the socket of this port and queue, counted as `reason`. */
static __always_inline int kl_to_socket(__u32 port, __u32 queue, enum kl_reason reason)
{
	if (queue < KL_MAX_QUEUES &&
	    bpf_redirect_map(&kl_xsks, KL_XSK_INDEX(port, queue), XDP_DROP) == XDP_REDIRECT) {
		kl_count(reason);
		return XDP_REDIRECT;
	}
	kl_count(KL_REASON_DROP_NO_WORKER);
	return XDP_DROP;
}

#endif
