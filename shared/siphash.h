/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* SipHash-2-4 (Aumasson and Bernstein) of a message of whole little-endian words: a MAC that BPF can afford. */
#ifndef KEYLINE_SHARED_SIPHASH_H
#define KEYLINE_SHARED_SIPHASH_H

#include "shared/types.h"

struct kl_siphash_key {
	__u64 words[2];
};
KL_ASSERT_SIZE(struct kl_siphash_key, 16);

struct kl_sip_state {
	__u64 a, b, c, d;
};

static inline __u64 kl_rotate_left(__u64 word, int bits)
{
	return word << bits | word >> (64 - bits);
}

static inline void kl_sip_round(struct kl_sip_state *state)
{
	state->a += state->b;
	state->c += state->d;
	state->b = kl_rotate_left(state->b, 13) ^ state->a;
	state->d = kl_rotate_left(state->d, 16) ^ state->c;
	state->a = kl_rotate_left(state->a, 32);
	state->c += state->b;
	state->a += state->d;
	state->b = kl_rotate_left(state->b, 17) ^ state->c;
	state->d = kl_rotate_left(state->d, 21) ^ state->a;
	state->c = kl_rotate_left(state->c, 32);
}

static inline void kl_sip_word(struct kl_sip_state *state, __u64 word)
{
	state->d ^= word;
	kl_sip_round(state);
	kl_sip_round(state);
	state->a ^= word;
}

static inline __u64 kl_siphash(const struct kl_siphash_key *key, const __u64 *words, int count)
{
	struct kl_sip_state state = {
		key->words[0] ^ 0x736f6d6570736575ull,
		key->words[1] ^ 0x646f72616e646f6dull,
		key->words[0] ^ 0x6c7967656e657261ull,
		key->words[1] ^ 0x7465646279746573ull,
	};
	int i;

	for (i = 0; i < count; i++)
		kl_sip_word(&state, words[i]);
	kl_sip_word(&state, (__u64)count * 8 << 56);
	state.c ^= 0xff;
	for (i = 0; i < 4; i++)
		kl_sip_round(&state);
	return state.a ^ state.b ^ state.c ^ state.d;
}

#endif
