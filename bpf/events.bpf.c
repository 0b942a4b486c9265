// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "events.h"

#include <linux/in.h>

#include "maps.h"

#define STRAY_BUCKETS 64

static __always_inline void kl_raise(struct kl_slot_key *about, enum kl_event_kind kind, __u32 rule, __u32 ifindex,
				     const struct kl_tuple *tuple, __u32 user)
{
	__u64 now = bpf_ktime_get_ns();
	__u64 *last = bpf_map_lookup_elem(&kl_acquires, about);
	struct kl_config *config = kl_get_config();
	struct kl_event *event;

	if (!config || (last && now - *last < config->acquire_interval_ms * 1000000ull))
		return;
	event = bpf_ringbuf_reserve(&kl_events, sizeof(*event), 0);
	if (!event) {
		kl_count(KL_REASON_LOST_EVENT);
		return;
	}
	event->kind = kind;
	event->rule = rule;
	event->user = user;
	event->ifindex = ifindex;
	event->tuple = *tuple;
	bpf_ringbuf_submit(event, 0);
	bpf_map_update_elem(&kl_acquires, about, &now, BPF_ANY);
}

int kl_raise_acquire(const struct kl_tuple *tuple, __u32 rule_id, __u32 ifindex, __u32 user)
{
	struct kl_rule *rule = bpf_map_lookup_elem(&kl_rules, &rule_id);
	struct kl_slot_key about;

	if (!tuple || !rule)
		return 0;
	kl_make_slot_key(&about, rule_id, user, tuple, &rule->shapes[0]);
	about.user = user;
	kl_raise(&about, KL_EVENT_ACQUIRE, rule_id, ifindex, tuple, user);
	return 0;
}

int kl_raise_stray_esp(const struct kl_tuple *tuple, __u32 ifindex)
{
	struct kl_slot_key about = {};
	struct kl_tuple turned;

	if (!tuple)
		return 0;
	turned = *tuple;
	turned.local = tuple->remote;
	turned.remote = tuple->local;
	/* Rule 0 is no rule's. */
	about.tuple.protocol = IPPROTO_ESP;
	about.user = (turned.remote.octets[3] ^ turned.remote.octets[15]) % STRAY_BUCKETS;
	kl_raise(&about, KL_EVENT_STRAY_ESP, 0, ifindex, &turned, 0);
	return 0;
}

int kl_raise_neighbour(const struct kl_address *next_hop, __u32 family, __u32 ifindex)
{
	struct kl_slot_key about = {};

	if (!next_hop)
		return 0;
	/* Rule 0 is no rule's, so these keys meet no acquire's. */
	about.tuple.remote = *next_hop;
	about.tuple.family = family;
	about.user = ifindex;
	kl_raise(&about, KL_EVENT_NEIGHBOUR, 0, ifindex, &about.tuple, 0);
	return 0;
}
