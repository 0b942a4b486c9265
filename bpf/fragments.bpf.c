// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "fragments.h"

#include "maps.h"

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

int kl_recall_fragment(struct kl_packet *packet, struct kl_fragment *said)
{
	struct kl_fragment_key key;
	struct kl_fragment *found;

	if (!packet || !said)
		return 0;
	key = kl_fragment_key(packet);
	found = bpf_map_lookup_elem(&kl_fragments, &key);
	if (!found)
		return 0;
	*said = *found;
	packet->tuple.local_port = said->local_port;
	packet->tuple.remote_port = said->remote_port;
	packet->tuple.protocol = said->protocol;
	return 1;
}

int kl_keep_fragment(const struct kl_packet *packet, __u32 kind, __u32 cpu)
{
	struct kl_fragment said = { .kind = kind, .cpu = cpu };
	struct kl_fragment_key key;

	if (!packet)
		return 0;
	key = kl_fragment_key(packet);
	said.local_port = packet->tuple.local_port;
	said.remote_port = packet->tuple.remote_port;
	said.protocol = packet->tuple.protocol;
	bpf_map_update_elem(&kl_fragments, &key, &said, BPF_ANY);
	return 0;
}
