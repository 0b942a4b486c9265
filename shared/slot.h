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

#define KL_MAX_SHAPES 8

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
	__u32 user; /* impersonation handle where the shape has KL_SHAPE_USER, else 0 */
	struct kl_tuple tuple; /* masked by the shape */
};
KL_ASSERT_SIZE(struct kl_slot_key, 48);

/* The first `bits` bits of four octets, as they lie in the memory of a little-endian machine. */
static inline __u32 kl_prefix_word(__u32 word, int bits)
{
	if (bits <= 0)
		return 0;
	if (bits >= 32)
		return word;
	return word & __builtin_bswap32(~0u << (32 - bits));
}

static inline void kl_mask_address(struct kl_address *to, const struct kl_address *from, int prefix)
{
	const __u32 *in = (const __u32 *)from->octets;
	__u32 *out = (__u32 *)to->octets;

	out[0] = kl_prefix_word(in[0], prefix);
	out[1] = kl_prefix_word(in[1], prefix - 32);
	out[2] = kl_prefix_word(in[2], prefix - 64);
	out[3] = kl_prefix_word(in[3], prefix - 96);
}

/* The key of the slot that `shape` leads this tuple to. */
static inline void kl_make_slot_key(struct kl_slot_key *key, __u32 rule, __u32 user, const struct kl_tuple *tuple,
				    const struct kl_shape *shape)
{
	__builtin_memset(key, 0, sizeof(*key));
	key->rule = rule;
	key->user = shape->fields & KL_SHAPE_USER ? user : 0;
	kl_mask_address(&key->tuple.local, &tuple->local, shape->local_prefix);
	kl_mask_address(&key->tuple.remote, &tuple->remote, shape->remote_prefix);
	key->tuple.local_port = shape->fields & KL_SHAPE_LOCAL_PORT ? tuple->local_port : 0;
	key->tuple.remote_port = shape->fields & KL_SHAPE_REMOTE_PORT ? tuple->remote_port : 0;
	key->tuple.protocol = shape->fields & KL_SHAPE_PROTOCOL ? tuple->protocol : 0;
	key->tuple.family = tuple->family;
}

/*
 * Impersonation handles (MS-AIPS 3.1.1): 0 is the machine, with its root; uids of this host's users follow; from
 * KL_PEER_USERS on they are users of peers. What belongs to a user goes by that user's SAs and no others.
 */
#define KL_PEER_USERS 0x80000000u
#define KL_NO_USER 0x7fffffffu /* a uid that is in the way of KL_PEER_USERS: nobody has credentials for it */

static inline int kl_serves(const struct kl_shape *shape, __u32 user)
{
	return (shape->fields & KL_SHAPE_USED) && (!user || (shape->fields & KL_SHAPE_USER));
}

struct kl_slot {
	__u32 sa; /* index of the outbound SA; 0: none, an acquire is wanted */
	__u32 rule;
};
KL_ASSERT_SIZE(struct kl_slot, 8);

#endif
