/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the kernel programs tell keylined: records of the ring buffer kl_events. */
#ifndef KEYLINE_SHARED_EVENT_H
#define KEYLINE_SHARED_EVENT_H

#include "shared/slot.h"
#include "shared/types.h"

enum kl_event_kind {
	KL_EVENT_ACQUIRE = 1,   /* a packet met a protect rule that has no SA */
	KL_EVENT_NEIGHBOUR = 2, /* the next hop `tuple.remote` on `ifindex` has no link-layer address yet */
	KL_EVENT_STRAY_ESP = 3, /* ESP from `tuple.remote` to `tuple.local` under an SPI that no inbound SA has */
};

struct kl_event {
	__u32 kind; /* enum kl_event_kind */
	__u32 rule;
	__u32 user; /* impersonation handle; 0: any */
	__u32 ifindex;
	struct kl_tuple tuple; /* the packet's own, not masked */
};
KL_ASSERT_SIZE(struct kl_event, 56);

#endif
