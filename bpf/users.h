/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Whose a packet is (MS-AIPS 3.11): impersonation handles as in shared/slot.h. */
#ifndef KEYLINE_BPF_USERS_H
#define KEYLINE_BPF_USERS_H

#include "connections.h"

/*
 * Of a packet that leaves under a rule with users. A connection that a peer's user has opened stays that user's. Else
 * it is its socket's owner's, where the rule asks for that. What has no whole socket, such as a packet that was held,
 * or one of the kernel's own, such as the last acknowledgement of a TCP connection, is its connection's.
 */
static __always_inline __u32 kl_user_of(struct __sk_buff *skb, const struct kl_tuple *tuple, __u32 rule_flags)
{
	struct bpf_sock *sk = skb->sk;
	struct kl_connection *known = kl_find_connection(tuple);
	__u32 uid = 0;

	if (known && known->user >= KL_PEER_USERS)
		return known->user;
	if (!(rule_flags & KL_RULE_PER_USER))
		return 0;
	if (sk && bpf_sk_fullsock(sk))
		uid = bpf_get_socket_uid(skb);
	if (!uid)
		return known ? known->user : 0;
	return uid < KL_PEER_USERS ? uid : KL_NO_USER;
}

#endif
