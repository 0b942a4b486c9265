/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Later fragments go the way of their first one, which alone says ports (and for IPv6, the protocol). */
#ifndef KEYLINE_BPF_FRAGMENTS_H
#define KEYLINE_BPF_FRAGMENTS_H

#include "maps.h"
#include "parse.h"

static __always_inline struct kl_fragment_key kl_fragment_key(const struct kl_packet *packet)
{
	struct kl_fragment_key key = {};

	key.source = packet->tuple.local;
	key.destination = packet->tuple.remote;
	key.identification = packet->identification;
	key.family = packet->tuple.family;
	key.protocol = packet->tuple.family == KL_FAMILY_V4 ? packet->tuple.protocol : 0;
	return key;
}

/* Fills in what a later fragment does not say, from what its first fragment left; false when that was never seen. */
static __always_inline bool kl_recall_fragment(struct kl_packet *packet, struct kl_fragment *said)
{
	struct kl_fragment_key key = kl_fragment_key(packet);
	struct kl_fragment *found;

	found = bpf_map_lookup_elem(&kl_fragments, &key);
	if (!found)
		return false;
	*said = *found;
	packet->tuple.local_port = said->local_port;
	packet->tuple.remote_port = said->remote_port;
	packet->tuple.protocol = said->protocol;
	return true;
}

static __always_inline void kl_remember_fragment(const struct kl_packet *packet, enum kl_fragment_kind kind)
{
	struct kl_fragment_key key = kl_fragment_key(packet);
	struct kl_fragment said = {};

	said.local_port = packet->tuple.local_port;
	said.remote_port = packet->tuple.remote_port;
	said.protocol = packet->tuple.protocol;
	said.kind = kind;
	bpf_map_update_elem(&kl_fragments, &key, &said, BPF_ANY);
}

#endif
