/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * From a protect rule to its outbound SA.
 *
 * A rule may have many SAs: RFC 4301 4.4.1.2 lets a rule populate selector fields from the packet (PFP), and a peer
 * may have proposed narrower selectors. A rule therefore has up to KL_MAX_SHAPES shapes, each of which says how much of
 * a packet's tuple names the SA; the rule and the tuple so masked are the key of a slot. The slot is the fixed place
 * that flows point to, and a rekey changes only the SA in it.
 *
 *   kl_slot_by_key  HASH   struct kl_slot_key -> slot index
 *   kl_slots        ARRAY  slot index -> struct kl_slot, mmap-able; index 0 is no slot
 *   kl_acquires     LRU    struct kl_slot_key -> CLOCK_MONOTONIC nanoseconds (__u64) of the last acquire raised for it, or
 *                  of the moment its negotiation failed; the key is of the rule's first shape
 */
#ifndef KEYLINE_SHARED_SLOT_H
#define KEYLINE_SHARED_SLOT_H

#include "shared/types.h"

#define KL_MAX_SHAPES 4

#define KL_SHAPE_PROTOCOL (1u << 0)
#define KL_SHAPE_LOCAL_PORT (1u << 1)
#define KL_SHAPE_REMOTE_PORT (1u << 2)
#define KL_SHAPE_USER (1u << 3)
#define KL_SHAPE_USED (1u << 7)

struct kl_shape {
	__u8 local_prefix;  /* bits of the address that count */
	__u8 remote_prefix;
	__u8 fields;        /* KL_SHAPE_* */
	__u8 reserved;
};
KL_ASSERT_SIZE(struct kl_shape, 4);

/* A packet's tuple, seen from this host or gateway. Ports in host order; for ICMP local_port is type << 8 | code. */
struct kl_tuple {
	struct kl_address local;
	struct kl_address remote;
	__u16 local_port;
	__u16 remote_port;
	__u8 protocol;
	__u8 family;
	__u8 reserved[2];
};
KL_ASSERT_SIZE(struct kl_tuple, 40);

struct kl_slot_key {
	__u32 rule;
	__u32 user; /* impersonation handle; 0: any */
	struct kl_tuple tuple; /* masked by the shape */
};
KL_ASSERT_SIZE(struct kl_slot_key, 48);

struct kl_slot {
	__u32 sa; /* index of the outbound SA; 0: none, an acquire is wanted */
	__u32 rule;
};
KL_ASSERT_SIZE(struct kl_slot, 8);

#endif
