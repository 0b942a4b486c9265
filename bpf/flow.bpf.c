// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "flow.h"

#include "maps.h"
#include "selectors.h"

/* Linux 6.1 takes nothing that a global function got by pointer as a key or value, so both lie on the stack. */
static __always_inline void kl_keep_flow(const struct kl_flow_key *key, const struct kl_flow *flow, __u64 flags)
{
	struct kl_flow value = *flow;

	bpf_map_update_elem(&kl_flows, key, &value, flags);
}

int kl_decide(const struct kl_tuple *tuple, struct kl_flow *flow, int ports_known)
{
	struct kl_config *config = kl_get_config();
	struct kl_flow_key key = {};
	struct kl_match match = {};
	struct kl_flow *cached;
	struct kl_rule *rule;
	__u32 generation, state = 0;

	if (!tuple || !flow || !config)
		return 0;
	/* Read before the table, which is swapped before the generation rises: an old decision never looks new. */
	generation = *(volatile __u32 *)&config->policy_generation;
	key.tuple = *tuple;
	if (ports_known) {
		cached = bpf_map_lookup_elem(&kl_flows, &key);
		if (cached && cached->generation == generation) {
			*flow = *cached;
			return 1;
		}
		state = cached ? cached->state : 0;
	}
	kl_classify(&key.tuple, &match);
	__builtin_memset(flow, 0, sizeof(*flow));
	flow->generation = generation;
	flow->rule = match.rule;
	flow->state = state;
	rule = match.rule ? bpf_map_lookup_elem(&kl_rules, &match.rule) : NULL;
	flow->action = match.rule == 0 ? config->default_action : rule ? rule->action : KL_ACTION_BLOCK;
	flow->discovery = rule ? rule->flags & KL_RULE_DISCOVER : 0;
	if (!ports_known)
		return !(match.table_flags & KL_TABLE_PORTS);
	kl_keep_flow(&key, flow, BPF_ANY);
	return 1;
}

int kl_mark_flow(const struct kl_tuple *tuple, __u32 state)
{
	struct kl_flow_key key = {};
	struct kl_flow *flow;

	if (!tuple)
		return 0;
	key.tuple = *tuple;
	flow = bpf_map_lookup_elem(&kl_flows, &key);
	if (flow)
		__sync_fetch_and_or(&flow->state, state);
	return 0;
}

static __always_inline __u32 kl_slot_sa(__u32 index)
{
	struct kl_slot *slot = bpf_map_lookup_elem(&kl_slots, &index);

	return slot ? slot->sa : 0;
}

struct kl_slot_search {
	const struct kl_tuple *tuple;
	struct kl_rule *rule;
	__u32 rule_id;
	__u32 user;
	__u32 slot; /* the answer */
};

static long kl_try_shape(__u32 i, struct kl_slot_search *search)
{
	struct kl_slot_key key;
	__u32 *slot;

	if (i >= KL_MAX_SHAPES || !(search->rule->shapes[i].fields & KL_SHAPE_USED))
		return 1;
	if (!kl_serves(&search->rule->shapes[i], search->user))
		return 0;
	kl_make_slot_key(&key, search->rule_id, search->user, search->tuple, &search->rule->shapes[i]);
	slot = bpf_map_lookup_elem(&kl_slot_by_key, &key);
	if (!slot || !kl_slot_sa(*slot))
		return 0;
	search->slot = *slot;
	return 1;
}

/* The slot of the most specific SA for the tuple under the rule; 0: there is none. */
static __always_inline __u32 kl_find_slot(const struct kl_tuple *tuple, __u32 rule_id, struct kl_rule *rule,
					  __u32 user)
{
	struct kl_slot_search search = { .tuple = tuple, .rule = rule, .rule_id = rule_id, .user = user };

	bpf_loop(KL_MAX_SHAPES, kl_try_shape, &search, 0);
	return search.slot;
}

int kl_outbound_sa(const struct kl_tuple *tuple, struct kl_flow *flow, __u32 user)
{
	struct kl_flow_key key = {};
	struct kl_flow *users;
	struct kl_rule *rule;
	__u32 sa, rule_id;

	if (!tuple || !flow)
		return 0;
	key.tuple = *tuple;
	/* A user's slot is in an entry of the user's own. */
	if (user) {
		key.user = user;
		users = bpf_map_lookup_elem(&kl_flows, &key);
		flow->slot = users && users->generation == flow->generation ? users->slot : 0;
	}
	sa = flow->slot ? kl_slot_sa(flow->slot) : 0;
	if (sa)
		return sa;
	rule_id = flow->rule;
	rule = bpf_map_lookup_elem(&kl_rules, &rule_id);
	if (!rule)
		return 0;
	flow->slot = kl_find_slot(tuple, flow->rule, rule, user);
	if (!flow->slot)
		return 0;
	kl_keep_flow(&key, flow, user ? BPF_ANY : BPF_EXIST);
	return kl_slot_sa(flow->slot);
}
