/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The selectors of a policy, compiled in user space and swapped whole: map kl_selectors is an ARRAY_OF_MAPS with one
 * entry, an ARRAY of 64-octet cells (a cache line each). Cell 0 is the header; it says where the other sections start.
 *
 * A tuple is five 64-bit words (struct kl_tuple as it lies in memory). A search mask is five such words; selectors that
 * agree on the tuple under a search mask form a group, and the hash of the masked tuple leads through a bucket to the
 * group's entries, which lie side by side, lowest precedence number first. An entry is checked against its own, exact
 * mask, so search masks may be coarser than the selectors filed under them.
 *
 * Search masks are ordered by the best precedence below them, so that a lookup ends at the first mask that cannot
 * improve on what was found. Which masks can match at all is a bitmap per prefix of the remote and of the local
 * address (KL_PRUNE_CELLS cells each, eight bitmaps a cell); their conjunction is probed.
 */
#ifndef KEYLINE_SHARED_SELECTOR_TABLE_H
#define KEYLINE_SHARED_SELECTOR_TABLE_H

#include "shared/slot.h"
#include "shared/types.h"

#define KL_TUPLE_WORDS 5
#define KL_MAX_MASKS 64 /* search masks per family: bits of a bitmap */
#define KL_BUCKET_WAYS 7
#define KL_BUCKET_CHAIN 8 /* buckets on one chain at most */
#define KL_PRUNE_INDEXES 65536
#define KL_PRUNE_CELLS (KL_PRUNE_INDEXES / 8)
#define KL_PRUNE_PREFIX_V4 16 /* bits of the address that choose the bitmap; for IPv6 they are folded */
#define KL_PRUNE_PREFIX_V6 48

/* Ports decide between selectors: a fragment whose ports are unknown cannot be classified. */
#define KL_TABLE_PORTS (1u << 0)

struct kl_table_family {
	__u32 mask_count;
	__u32 masks;        /* first cell of the search masks */
	__u32 prune_remote; /* first cell of the bitmaps; 0: no pruning */
	__u32 prune_local;
};
KL_ASSERT_SIZE(struct kl_table_family, 16);

struct kl_table_header {
	struct kl_table_family families[2]; /* IPv4, IPv6 */
	__u32 buckets;     /* first cell */
	__u32 bucket_mask; /* number of buckets that hashes choose from, a power of two, less one */
	__u32 flags;       /* KL_TABLE_* */
	__u32 selectors;   /* for people */
	__u64 reserved[2];
};
KL_ASSERT_SIZE(struct kl_table_header, 64);

struct kl_table_mask {
	__u64 words[KL_TUPLE_WORDS];
	__u64 salt;            /* of hashes under it: keeps equal words under different search masks apart */
	__u32 best_precedence; /* lowest of the entries filed under it */
	__u32 reserved[3];
};
KL_ASSERT_SIZE(struct kl_table_mask, 64);

struct kl_table_way {
	__u32 fingerprint;
	__u32 entry; /* first cell of the group; 0: the way is empty */
};

struct kl_table_bucket {
	__u32 next; /* cell of the next bucket of the chain; 0: none */
	__u32 reserved;
	struct kl_table_way ways[KL_BUCKET_WAYS];
};
KL_ASSERT_SIZE(struct kl_table_bucket, 64);

#define KL_ENTRY_LAST (1u << 0) /* the last of its group */

struct kl_table_entry {
	__u64 value[KL_TUPLE_WORDS];
	__u32 mask; /* cell of its exact mask, a struct kl_table_mask */
	__u32 flags;
	__u32 precedence; /* lower wins */
	__u32 rule;
	__u64 reserved;
};
KL_ASSERT_SIZE(struct kl_table_entry, 64);

/* One step of the hash; both sides use this one. */
static inline __u64 kl_hash_step(__u64 hash, __u64 word)
{
	hash = (hash ^ word) * 0x9E3779B97F4A7C15ull;
	return hash ^ (hash >> 32);
}

/* Of a tuple under a search mask. IPv4 leaves words 1 and 3 zero. */
static inline __u64 kl_hash_tuple(__u64 salt, const __u64 *words, int family)
{
	__u64 hash = kl_hash_step(salt, words[0]);

	if (family == KL_FAMILY_V6) {
		hash = kl_hash_step(hash, words[1]);
		hash = kl_hash_step(hash, words[3]);
	}
	hash = kl_hash_step(hash, words[2]);
	return kl_hash_step(hash, words[4]);
}

/* What tells groups of one bucket apart; never 0, which empty ways have. */
static inline __u32 kl_fingerprint(__u64 hash)
{
	return (__u32)(hash >> 32) | 1;
}

/* Which bitmap an address chooses. */
static inline __u32 kl_prune_index(const struct kl_address *address, int family)
{
	const __u8 *o = address->octets;
	__u32 index = (__u32)o[0] << 8 | o[1];

	if (family == KL_FAMILY_V6)
		index = (index * 31 + ((__u32)o[2] << 8 | o[3])) * 31 + ((__u32)o[4] << 8 | o[5]);
	return index & (KL_PRUNE_INDEXES - 1);
}

#endif
