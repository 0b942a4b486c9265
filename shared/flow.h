/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What was decided for a packet's tuple, so that it is decided once per flow.
 *
 *   kl_flows      LRU HASH  struct kl_flow_key -> struct kl_flow
 *   kl_fragments  LRU HASH  struct kl_fragment_key -> struct kl_fragment
 *   kl_connections  LRU HASH  struct kl_tuple -> struct kl_connection; the key is made by kl_make_connection_key()
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

/* What negotiation discovery (MS-IKEE 3.7.1) keeps of a flow; it outlives the decision. */
#define KL_FLOW_CLEAR (1u << 0)    /* a packet of it went or was taken in the clear */
#define KL_FLOW_ACQUIRED (1u << 1) /* an SA was asked for */

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

/*
 * The connection state table of MS-AIPS 3.1.1: what is known of a connection whatever becomes of its flow entry. Only what
 * this host sends, and what came under an SA, makes an entry: strangers cannot push others out.
 */
#define KL_CONNECTION_SECURE (1u << 0)     /* MS-IKEE 3.7.1: a packet of it went or came under an SA */
#define KL_CONNECTION_AUTHORIZED (1u << 1) /* IsAuthenticatedFirewallConnection and AuthFWAuthorized, which rise as one */
#define KL_CONNECTION_OPENING (1u << 2)    /* TCP: its SYN came under an SA, and nothing but SYNs has followed */
#define KL_CONNECTION_CLOSING (1u << 3)    /* TCP: a FIN or RST has passed */
#define KL_CONNECTION_TWICE (1u << 4)      /* the peer wants the next packet twice (MS-AIPS 3.10.5.4) */

/* MS-AIPS 3.10.5.2. A closing TCP connection has the timer, too; an open one has none. */
#define KL_CONNECTION_TIMER 60000000000ll /* nanoseconds */

struct kl_connection {
	__u32 user;  /* ImpersonationHandle */
	__u32 flags; /* KL_CONNECTION_* */
	__u64 last_seen; /* CLOCK_MONOTONIC, nanoseconds; kept for authorized connections */
};
KL_ASSERT_SIZE(struct kl_connection, 16);

#define KL_TCP_FIN 0x01
#define KL_TCP_SYN 0x02
#define KL_TCP_RST 0x04
#define KL_TCP_ACK 0x10

static inline int kl_is_syn(__u8 tcp_flags)
{
	return (tcp_flags & (KL_TCP_SYN | KL_TCP_ACK)) == KL_TCP_SYN;
}

/* An echo and its reply are one connection. */
static inline void kl_make_connection_key(struct kl_tuple *key, const struct kl_tuple *tuple)
{
	*key = *tuple;
	if (tuple->protocol == 1 && tuple->local_port == 0) /* ICMP */
		key->local_port = 8 << 8;
	else if (tuple->protocol == 58 && tuple->local_port == 129 << 8) /* ICMPv6 */
		key->local_port = 128 << 8;
}

/* Whether a packet of the connection may pass in the clear (MS-AIPS 3.10.4.3, 3.10.5.2). A SYN opens a new one (RFC 9293). */
static inline int kl_is_authorized(const struct kl_connection *connection, __u8 protocol, __u8 tcp_flags, __u64 now)
{
	const int tcp = protocol == 6;

	if (!(connection->flags & KL_CONNECTION_AUTHORIZED))
		return 0;
	if (tcp && kl_is_syn(tcp_flags))
		return (connection->flags & KL_CONNECTION_OPENING) != 0;
	if (tcp && !(connection->flags & KL_CONNECTION_CLOSING))
		return 1;
	return (__s64)(now - connection->last_seen) < KL_CONNECTION_TIMER;
}

/* The connection's first packet goes or came under the SA. `opening`: a SYN came. */
static inline void kl_authorize(struct kl_connection *connection, int opening, __u64 now)
{
	connection->last_seen = now;
	connection->flags &= ~(KL_CONNECTION_OPENING | KL_CONNECTION_CLOSING | KL_CONNECTION_TWICE);
	connection->flags |= KL_CONNECTION_AUTHORIZED | (opening ? KL_CONNECTION_OPENING : 0);
}

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
	KL_FRAGMENT_TWICE = 4,    /* of what is sent twice (MS-AIPS 3.10.4.1) */
};

/* What only the first fragment says. Host order, as in struct kl_tuple. */
struct kl_fragment {
	__u16 local_port;
	__u16 remote_port;
	__u8 protocol;
	__u8 kind; /* enum kl_fragment_kind */
	__u16 cpu; /* KL_FRAGMENT_KERNEL: kl_sa.cpu of the SA */
};
KL_ASSERT_SIZE(struct kl_fragment, 8);

#endif
