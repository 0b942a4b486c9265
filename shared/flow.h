/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What was decided for a packet's tuple, so that it is decided once per flow.
 *
 *   kl_flows      LRU HASH  struct kl_flow_key -> struct kl_flow
 *   kl_fragments  LRU HASH  struct kl_fragment_key -> struct kl_fragment
 *   kl_connections  LRU HASH  struct kl_tuple -> impersonation handle (__u32): whose connection it is (MS-AIPS 3.11),
 *                   noted of what an SA of a user's brought in, and of what waits for such an SA
 *
 * Both directions of a flow share one entry: the tuple is in local and remote terms, and so are selectors.
 */
#ifndef KEYLINE_SHARED_FLOW_H
#define KEYLINE_SHARED_FLOW_H

#include "shared/slot.h"
#include "shared/types.h"

struct kl_flow_key {
	struct kl_tuple tuple;
	__u32 user; /* impersonation handle; 0: any */
};
KL_ASSERT_SIZE(struct kl_flow_key, 44);

/*
 * What negotiation discovery (MS-IKEE 3.7.1) keeps of a flow. It outlives the decision: policy may change, but a flow
 * that has once been protected does not go back into the clear as long as it is remembered.
 */
#define KL_FLOW_SECURE (1u << 0)   /* a packet of it went or came under an SA */
#define KL_FLOW_CLEAR (1u << 1)    /* a packet of it went or was taken in the clear */
#define KL_FLOW_ACQUIRED (1u << 2) /* an SA was asked for */

struct kl_flow {
	__u32 generation; /* void, but for `state`, unless kl_config.policy_generation */
	__u32 rule;       /* 0: no rule covers the flow */
	__u32 slot;       /* protect: 0 until an SA was found */
	__u32 state;      /* KL_FLOW_* */
	__u8 action;      /* enum kl_action */
	__u8 discovery;   /* KL_RULE_DISCOVER_* of the rule */
	__u8 reserved[2];
};
KL_ASSERT_SIZE(struct kl_flow, 20);

/* Which datagram a fragment belongs to (RFC 791, RFC 8200 4.5). */
struct kl_fragment_key {
	struct kl_address source;
	struct kl_address destination;
	__u32 identification;
	__u8 protocol; /* IPv4; zero for IPv6, whose fragments need not tell it */
	__u8 family;
	__u8 reserved[2];
};
KL_ASSERT_SIZE(struct kl_fragment_key, 40);

enum kl_fragment_kind {
	KL_FRAGMENT_CLASSIFY = 0, /* by the tuple with these ports and protocol */
	KL_FRAGMENT_IKE = 1,      /* of a datagram to or from our IKE sockets */
	KL_FRAGMENT_ESP = 2,      /* of UDP-encapsulated ESP: the fast path reassembles it */
	KL_FRAGMENT_KERNEL = 3,   /* of ESP of a kernel SA: the stack reassembles it */
};

/* What only the first fragment says. Host order, as in struct kl_tuple. */
struct kl_fragment {
	__u16 local_port;
	__u16 remote_port;
	__u8 protocol;
	__u8 kind; /* enum kl_fragment_kind */
	__u8 reserved[2];
};
KL_ASSERT_SIZE(struct kl_fragment, 8);

#endif
