/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* From a packet to the decision about its flow, and from a protect decision to the SA. */
#ifndef KEYLINE_BPF_FLOW_H
#define KEYLINE_BPF_FLOW_H

#include "maps.h"
#include "parse.h"
#include "selectors.h"

/* Fills in what a later fragment does not say, from what its first fragment left; false when that was never seen. */
static __always_inline bool kl_recall_fragment(struct kl_packet *packet, struct kl_fragment *said)
{
	struct kl_fragment_key key = {};
	struct kl_fragment *found;

	key.source = packet->tuple.local;
	key.destination = packet->tuple.remote;
	key.identification = packet->identification;
	key.family = packet->tuple.family;
	key.protocol = packet->tuple.family == KL_FAMILY_V4 ? packet->tuple.protocol : 0;
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
	struct kl_fragment_key key = {};
	struct kl_fragment said = {};

	key.source = packet->tuple.local;
	key.destination = packet->tuple.remote;
	key.identification = packet->identification;
	key.family = packet->tuple.family;
	key.protocol = packet->tuple.family == KL_FAMILY_V4 ? packet->tuple.protocol : 0;
	said.local_port = packet->tuple.local_port;
	said.remote_port = packet->tuple.remote_port;
	said.protocol = packet->tuple.protocol;
	said.kind = kind;
	bpf_map_update_elem(&kl_fragments, &key, &said, BPF_ANY);
}

/*
 * The decision for a tuple in local and remote terms. `ports_known` is false for a later fragment whose first one was
 * never seen: such a packet is decided by its addresses where those suffice; false is returned where they do not.
 */
static __noinline int kl_decide(const struct kl_tuple *tuple, struct kl_config *config, struct kl_flow *flow,
				bool ports_known)
{
	struct kl_flow_key key = {};
	struct kl_match match = {};
	struct kl_flow *cached;
	struct kl_rule *rule;
	/* Read before the table, which is swapped before the generation rises: an old decision never looks new. */
	__u32 generation = *(volatile __u32 *)&config->policy_generation;

	key.tuple = *tuple;
	if (ports_known) {
		cached = bpf_map_lookup_elem(&kl_flows, &key);
		if (cached && cached->generation == generation) {
			*flow = *cached;
			return true;
		}
	}
	kl_classify(&key.tuple, &match);
	__builtin_memset(flow, 0, sizeof(*flow));
	flow->generation = generation;
	flow->rule = match.rule;
	rule = match.rule ? bpf_map_lookup_elem(&kl_rules, &match.rule) : NULL;
	flow->action = match.rule == 0 ? config->default_action : rule ? rule->action : KL_ACTION_BLOCK;
	if (!ports_known)
		return !(match.table_flags & KL_TABLE_PORTS);
	bpf_map_update_elem(&kl_flows, &key, flow, BPF_ANY);
	return true;
}

static __always_inline __u32 kl_slot_sa(__u32 index)
{
	struct kl_slot *slot = bpf_map_lookup_elem(&kl_slots, &index);

	return slot ? slot->sa : 0;
}

/* The slot of the most specific SA for the tuple under the rule; 0: there is none. */
static __noinline __u32 kl_find_slot(const struct kl_tuple *tuple, __u32 rule_id, struct kl_rule *rule)
{
	struct kl_slot_key key;
	__u32 *slot;
	int i;

	for (i = 0; i < KL_MAX_SHAPES; i++) {
		if (!(rule->shapes[i].fields & KL_SHAPE_USED))
			break;
		kl_make_slot_key(&key, rule_id, 0, tuple, &rule->shapes[i]);
		slot = bpf_map_lookup_elem(&kl_slot_by_key, &key);
		if (slot && kl_slot_sa(*slot))
			return *slot;
	}
	return 0;
}

/* The outbound SA of a protected flow; 0: an acquire is wanted. Keeps the slot in the flow. */
static __always_inline __u32 kl_outbound_sa(const struct kl_tuple *tuple, struct kl_flow *flow, struct kl_rule *rule)
{
	struct kl_flow_key key = {};
	__u32 sa = flow->slot ? kl_slot_sa(flow->slot) : 0;

	if (sa)
		return sa;
	flow->slot = kl_find_slot(tuple, flow->rule, rule);
	if (!flow->slot)
		return 0;
	key.tuple = *tuple;
	bpf_map_update_elem(&kl_flows, &key, flow, BPF_EXIST);
	return kl_slot_sa(flow->slot);
}

#endif
