/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Proof of address before state (MS-AIPS 3.1.7.6, MS-IKEE 3.9). Map kl_dos_cookies (ARRAY of 1, mmap-able): while
 * `active`, XDP asks the senders of first messages for a cookie in the place of keylined, which keeps the secrets and
 * turns them. Cookies under the secret before the current one are still good.
 *
 * A first message with a cookie and the answer to one of our own look alike. Ours are told by their initiator cookie,
 * whose second half is a tag under the same secrets.
 */
#ifndef KEYLINE_SHARED_DOS_COOKIE_H
#define KEYLINE_SHARED_DOS_COOKIE_H

#include "shared/siphash.h"
#include "shared/types.h"

#define KL_COOKIE_OCTETS 8
#define KL_COOKIE_WORDS 4

struct kl_dos_cookies {
	__u32 active;
	__u32 current; /* which of the secrets; the other one is that before it */
	struct kl_siphash_key secrets[2];
};
KL_ASSERT_SIZE(struct kl_dos_cookies, 40);

/* Whom a cookie is for. Port in host order. */
struct kl_cookie_peer {
	struct kl_address address;
	__u16 port;
	__u8 family; /* KL_FAMILY_* */
	__u8 reserved[5];
};
KL_ASSERT_SIZE(struct kl_cookie_peer, 24);

enum kl_cookie_purpose { KL_COOKIE_OF_RESPONDER = 1, KL_COOKIE_OF_INITIATOR = 2 };

static inline __u64 kl_cookie_mac(const struct kl_siphash_key *secret, const struct kl_address *address, __u64 rest,
				  __u64 initiator_cookie)
{
	__u64 words[KL_COOKIE_WORDS];

	__builtin_memcpy(words, address, sizeof(*address));
	words[2] = rest;
	words[3] = initiator_cookie;
	return kl_siphash(secret, words, KL_COOKIE_WORDS);
}

/* The cookie for a peer and its CKY-I, octets as they lie in memory. Never zero, which would mean none. */
static inline __u64 kl_dos_cookie(const struct kl_siphash_key *secret, const struct kl_cookie_peer *peer,
				  __u64 initiator_cookie)
{
	const __u64 rest = (__u64)KL_COOKIE_OF_RESPONDER << 32 | (__u64)peer->family << 16 | peer->port;

	return kl_cookie_mac(secret, &peer->address, rest, initiator_cookie) | 1;
}

/* The second half of an initiator cookie of ours to this address, from its first half. */
static inline __u32 kl_initiator_tag(const struct kl_siphash_key *secret, const struct kl_cookie_peer *peer,
				     __u32 first_half)
{
	const __u64 rest = (__u64)KL_COOKIE_OF_INITIATOR << 32 | (__u64)peer->family << 16;

	return (__u32)kl_cookie_mac(secret, &peer->address, rest, first_half);
}

#endif
