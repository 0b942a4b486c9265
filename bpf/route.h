/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Questions to the kernel's routing table. `context` is an xdp_md or an __sk_buff. */
#ifndef KEYLINE_BPF_ROUTE_H
#define KEYLINE_BPF_ROUTE_H

#include <stdbool.h>

#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "shared/types.h"

#define KL_AF_INET 2
#define KL_AF_INET6 10

static __always_inline long kl_route(void *context, struct bpf_fib_lookup *fib, const struct kl_address *source,
				     const struct kl_address *destination, __u8 family, __u32 ifindex, __u32 flags)
{
	__builtin_memset(fib, 0, sizeof(*fib));
	fib->ifindex = ifindex;
	if (family == KL_FAMILY_V4) {
		fib->family = KL_AF_INET;
		__builtin_memcpy(&fib->ipv4_src, source->octets, 4);
		__builtin_memcpy(&fib->ipv4_dst, destination->octets, 4);
	} else {
		fib->family = KL_AF_INET6;
		__builtin_memcpy(fib->ipv6_src, source->octets, 16);
		__builtin_memcpy(fib->ipv6_dst, destination->octets, 16);
	}
	return bpf_fib_lookup(context, fib, sizeof(*fib), flags);
}

/* The next hop that a lookup has left when it found no neighbour entry. */
static __always_inline void kl_next_hop(const struct bpf_fib_lookup *fib, struct kl_address *next_hop)
{
	__builtin_memset(next_hop, 0, sizeof(*next_hop));
	if (fib->family == KL_AF_INET)
		__builtin_memcpy(next_hop->octets, &fib->ipv4_dst, 4);
	else
		__builtin_memcpy(next_hop->octets, fib->ipv6_dst, 16);
}

/* True when this machine would forward the packet: it is not meant for us. */
static __always_inline bool kl_is_transit(void *context, const struct kl_address *source,
					  const struct kl_address *destination, __u8 family, __u32 ifindex)
{
	struct bpf_fib_lookup fib;
	long result = kl_route(context, &fib, source, destination, family, ifindex, 0);

	return result == BPF_FIB_LKUP_RET_SUCCESS || result == BPF_FIB_LKUP_RET_NO_NEIGH ||
	       result == BPF_FIB_LKUP_RET_FRAG_NEEDED;
}

#endif
