// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The lookup in the compiled selector table (shared/selector_table.h). */
#include <stdbool.h>

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "maps.h"
#include "selectors.h"

#define KL_NO_PRECEDENCE 0xffffffffu

/* What the callbacks below share. The stack is short: 512 octets for the whole chain of calls. */
struct kl_search {
	void *table;
	const __u64 *tuple; /* KL_TUPLE_WORDS words */
	__u64 candidates;   /* search masks still to be probed */
	__u32 masks; /* cells, as in the table's header */
	__u32 buckets;
	__u32 bucket_mask;
	__u32 entry;
	int family; /* KL_FAMILY_* */
	__u32 rule;
	__u32 precedence;
};

static __always_inline void *kl_cell(void *table, __u32 index)
{
	return bpf_map_lookup_elem(table, &index);
}

/*
 * BPF has no instruction that counts trailing zeros. Branches would do, but the verifier follows every one of them:
 * a de Bruijn sequence has none.
 */
static const __u8 kl_bit_number[64] = {
	0,  1,  2,  53, 3,  7,  54, 27, 4,  38, 41, 8,  34, 55, 48, 28, 62, 5,  39, 46, 44, 42,
	22, 9,  24, 35, 59, 56, 49, 18, 29, 11, 63, 52, 6,  26, 37, 40, 33, 47, 61, 45, 43, 21,
	23, 58, 17, 10, 51, 25, 36, 32, 60, 20, 57, 16, 50, 31, 19, 15, 30, 14, 13, 12,
};

static __always_inline __u32 kl_lowest_bit(__u64 bits)
{
	return kl_bit_number[((bits & -bits) * 0x022fdd63cc95386dull) >> 58];
}

/* All ones when the two are equal, else zero; without a branch, for the same reason. */
static __always_inline __u32 kl_if_equal(__u32 a, __u32 b)
{
	__u64 difference = a ^ b;

	barrier_var(difference);
	return -(__u32)((difference - 1) >> 63);
}

/* One entry of a group. Entries stand in the order of precedence, so the first that matches is the group's answer. */
static long kl_try_entry(__u32 i, struct kl_search *search)
{
	struct kl_table_entry *entry = kl_cell(search->table, search->entry + i);
	struct kl_table_mask *mask;
	const __u64 *tuple = search->tuple;
	__u64 difference;

	if (!entry || entry->precedence >= search->precedence)
		return 1;
	mask = kl_cell(search->table, entry->mask);
	if (!mask)
		return 1;
	difference = ((tuple[0] & mask->words[0]) ^ entry->value[0]) | ((tuple[1] & mask->words[1]) ^ entry->value[1]) |
		     ((tuple[2] & mask->words[2]) ^ entry->value[2]) | ((tuple[3] & mask->words[3]) ^ entry->value[3]) |
		     ((tuple[4] & mask->words[4]) ^ entry->value[4]);
	if (difference)
		return entry->flags & KL_ENTRY_LAST;
	search->rule = entry->rule;
	search->precedence = entry->precedence;
	return 1;
}

/* The first entry of the group with this hash; 0: there is none. */
static __always_inline __u32 kl_find_group(struct kl_search *search, __u64 hash)
{
	__u32 cell = search->buckets + ((__u32)hash & search->bucket_mask);
	__u32 fingerprint = kl_fingerprint(hash), entry = 0;
	int depth, way;

#pragma unroll
	for (depth = 0; depth < KL_BUCKET_CHAIN; depth++) {
		struct kl_table_bucket *bucket = kl_cell(search->table, cell);

		if (!bucket)
			return 0;
#pragma unroll
		for (way = 0; way < KL_BUCKET_WAYS; way++)
			entry |= bucket->ways[way].entry & kl_if_equal(bucket->ways[way].fingerprint, fingerprint);
		cell = bucket->next;
		if (entry || !cell)
			break;
	}
	return entry;
}

static long kl_try_mask(__u32 i, struct kl_search *search)
{
	struct kl_table_mask *mask;
	const __u64 *tuple = search->tuple;
	__u64 words[KL_TUPLE_WORDS];
	__u32 number;

	if (!search->candidates)
		return 1;
	number = kl_lowest_bit(search->candidates);
	search->candidates &= search->candidates - 1;
	mask = kl_cell(search->table, search->masks + number);
	if (!mask || mask->best_precedence >= search->precedence)
		return 1;
	words[0] = tuple[0] & mask->words[0];
	words[1] = tuple[1] & mask->words[1];
	words[2] = tuple[2] & mask->words[2];
	words[3] = tuple[3] & mask->words[3];
	words[4] = tuple[4] & mask->words[4];
	search->entry = kl_find_group(search, kl_hash_tuple(mask->salt, words, search->family));
	if (search->entry)
		bpf_loop(1 << 20, kl_try_entry, search, 0);
	return 0;
}

static __always_inline __u64 kl_pruned(void *table, __u32 first, const struct kl_address *address, int family)
{
	__u32 index = kl_prune_index(address, family);
	__u64 *bitmaps;

	if (!first)
		return ~0ull;
	bitmaps = kl_cell(table, first + index / 8);
	return bitmaps ? bitmaps[index % 8] : 0;
}

int kl_classify(const struct kl_tuple *tuple, struct kl_match *match)
{
	struct kl_search search = {};
	struct kl_table_header *header;
	struct kl_table_family *family;
	__u32 zero = 0;

	if (!tuple || !match)
		return 0;
	match->rule = 0;
	match->table_flags = 0;
	search.table = bpf_map_lookup_elem(&kl_selectors, &zero);
	if (!search.table)
		return 0;
	header = kl_cell(search.table, 0);
	if (!header)
		return 0;
	family = &header->families[tuple->family == KL_FAMILY_V6];
	search.tuple = (const __u64 *)tuple;
	search.masks = family->masks;
	search.buckets = header->buckets;
	search.bucket_mask = header->bucket_mask;
	search.family = tuple->family;
	search.precedence = KL_NO_PRECEDENCE;
	search.candidates = family->mask_count >= 64 ? ~0ull : (1ull << family->mask_count) - 1;
	search.candidates &= kl_pruned(search.table, family->prune_remote, &tuple->remote, tuple->family);
	search.candidates &= kl_pruned(search.table, family->prune_local, &tuple->local, tuple->family);
	bpf_loop(KL_MAX_MASKS, kl_try_mask, &search, 0);
	match->rule = search.rule;
	match->table_flags = header->flags;
	return 0;
}
