// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The lookup in the compiled selector table (shared/selector_table.h). */
#include <stdbool.h>

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "maps.h"
#include "selectors.h"

#define KL_NO_PRECEDENCE 0xffffffffu

/* What the callbacks below share. */
struct kl_search {
	void *table;
	__u64 candidates; /* search masks still to be probed */
	__u64 tuple[KL_TUPLE_WORDS];
	struct kl_table_header header;
	__u32 entry;
	__u32 family; /* KL_FAMILY_* */
	struct kl_match match;
};

static __always_inline void *kl_cell(void *table, __u32 index)
{
	return bpf_map_lookup_elem(table, &index);
}

static __always_inline int kl_lowest_bit(__u64 bits)
{
	/* BPF has no instruction that counts trailing zeros; a binary search is the shortest. */
	int n = 0;

	if (!(bits & 0xffffffff)) {
		n += 32;
		bits >>= 32;
	}
	if (!(bits & 0xffff)) {
		n += 16;
		bits >>= 16;
	}
	if (!(bits & 0xff)) {
		n += 8;
		bits >>= 8;
	}
	if (!(bits & 0xf)) {
		n += 4;
		bits >>= 4;
	}
	if (!(bits & 0x3)) {
		n += 2;
		bits >>= 2;
	}
	return n + !(bits & 1);
}

/* One entry of a group. Entries stand in the order of precedence, so the first that matches is the group's answer. */
static long kl_try_entry(__u32 i, struct kl_search *search)
{
	struct kl_table_entry *entry = kl_cell(search->table, search->entry + i);
	struct kl_table_mask *mask;

	if (!entry || entry->precedence >= search->match.precedence)
		return 1;
	mask = kl_cell(search->table, entry->mask);
	if (!mask)
		return 1;
	if ((search->tuple[0] & mask->words[0]) == entry->value[0] &&
	    (search->tuple[1] & mask->words[1]) == entry->value[1] &&
	    (search->tuple[2] & mask->words[2]) == entry->value[2] &&
	    (search->tuple[3] & mask->words[3]) == entry->value[3] &&
	    (search->tuple[4] & mask->words[4]) == entry->value[4]) {
		search->match.rule = entry->rule;
		search->match.precedence = entry->precedence;
		return 1;
	}
	return entry->flags & KL_ENTRY_LAST;
}

/* The first entry of the group with this hash; 0: there is none. */
static __always_inline __u32 kl_find_group(struct kl_search *search, __u64 hash)
{
	__u32 cell = search->header.buckets + ((__u32)hash & search->header.bucket_mask);
	__u32 fingerprint = kl_fingerprint(hash), entry = 0;
	int depth, way;

	for (depth = 0; depth < KL_BUCKET_CHAIN; depth++) {
		struct kl_table_bucket *bucket = kl_cell(search->table, cell);

		if (!bucket)
			return 0;
#pragma unroll
		for (way = 0; way < KL_BUCKET_WAYS; way++)
			if (bucket->ways[way].fingerprint == fingerprint)
				entry = bucket->ways[way].entry;
		cell = bucket->next;
		if (entry || !cell)
			break;
	}
	return entry;
}

static long kl_try_mask(__u32 i, struct kl_search *search)
{
	struct kl_table_mask *mask;
	__u64 words[KL_TUPLE_WORDS];
	__u32 number, family = search->family == KL_FAMILY_V6;
	int w;

	if (!search->candidates)
		return 1;
	number = kl_lowest_bit(search->candidates);
	search->candidates &= search->candidates - 1;
	mask = kl_cell(search->table, search->header.families[family].masks + number);
	if (!mask || mask->best_precedence >= search->match.precedence)
		return 1;
#pragma unroll
	for (w = 0; w < KL_TUPLE_WORDS; w++)
		words[w] = search->tuple[w] & mask->words[w];
	search->entry = kl_find_group(search, kl_hash_tuple(search->header.seed, number, words, search->family));
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
	search.header = *header;
	search.family = tuple->family;
	search.match.precedence = KL_NO_PRECEDENCE;
	__builtin_memcpy(search.tuple, tuple, sizeof(search.tuple));
	family = &search.header.families[tuple->family == KL_FAMILY_V6];
	search.candidates = family->mask_count >= 64 ? ~0ull : (1ull << family->mask_count) - 1;
	search.candidates &= kl_pruned(search.table, family->prune_remote, &tuple->remote, tuple->family) &
			     kl_pruned(search.table, family->prune_local, &tuple->local, tuple->family);
	bpf_loop(KL_MAX_MASKS, kl_try_mask, &search, 0);
	*match = search.match;
	match->table_flags = header->flags;
	return 0;
}
