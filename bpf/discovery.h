/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Negotiation discovery (MS-IKEE 3.7): a new flow goes in the clear while an SA is negotiated beside it, and under the SA
 * once there is one. From then on it never goes back.
 */
#ifndef KEYLINE_BPF_DISCOVERY_H
#define KEYLINE_BPF_DISCOVERY_H

#include "connections.h"
#include "events.h"
#include "flow.h"
#include "parse.h"

#define KL_ICMP_ECHO_REPLY 0
#define KL_ICMP_ECHO 8
#define KL_ICMPV6_ECHO 128
#define KL_ICMPV6_ECHO_REPLY 129

static __always_inline void kl_note_flow(const struct kl_tuple *tuple, struct kl_flow *flow, __u32 state)
{
	if ((flow->state & state) == state)
		return;
	flow->state |= state;
	kl_mark_flow(tuple, state);
}

/* The packet goes or came under an SA. */
static __always_inline void kl_note_secure(const struct kl_tuple *tuple, const struct kl_flow *flow)
{
	if (flow->discovery)
		kl_note_connection(tuple, 0, KL_CONNECTION_SECURE);
}

/* An echo and its reply are two tuples, but one flow to people: the reply may come as the echo went. */
static __always_inline void kl_expect_reply(const struct kl_tuple *tuple)
{
	struct kl_tuple reply = *tuple;
	struct kl_flow flow = {};

	if (tuple->protocol == IPPROTO_ICMP && tuple->local_port == KL_ICMP_ECHO << 8)
		reply.local_port = KL_ICMP_ECHO_REPLY << 8;
	else if (tuple->protocol == IPPROTO_ICMPV6 && tuple->local_port == KL_ICMPV6_ECHO << 8)
		reply.local_port = KL_ICMPV6_ECHO_REPLY << 8;
	else
		return;
	if (kl_decide(&reply, &flow, true))
		kl_note_flow(&reply, &flow, KL_FLOW_CLEAR);
}

/* 3.7.4.1: whether an outbound packet that has no SA goes in the clear. Its SA is asked for once per flow. */
static __always_inline bool kl_sends_clear(const struct kl_tuple *tuple, struct kl_flow *flow, __u32 ifindex,
					   __u32 user)
{
	if (!(flow->discovery & KL_RULE_DISCOVER_OUT) || kl_is_secure(tuple))
		return false;
	if (!(flow->state & KL_FLOW_ACQUIRED)) {
		kl_raise_acquire(tuple, flow->rule, ifindex, user);
		kl_expect_reply(tuple);
	}
	kl_note_flow(tuple, flow, KL_FLOW_CLEAR | KL_FLOW_ACQUIRED);
	return true;
}

/* 3.7.4.2: whether an inbound packet is taken in the clear: as the first of its flow, or as more of one that is. */
static __always_inline bool kl_takes_clear(const struct kl_tuple *tuple, struct kl_flow *flow)
{
	if (kl_is_secure(tuple))
		return false;
	if (!(flow->discovery & KL_RULE_DISCOVER_IN) &&
	    !(flow->discovery & KL_RULE_DISCOVER_OUT && flow->state & KL_FLOW_CLEAR))
		return false;
	kl_note_flow(tuple, flow, KL_FLOW_CLEAR);
	return true;
}

#endif
