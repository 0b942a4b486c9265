/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Whose a packet is (MS-AIPS 3.11): impersonation handles as in shared/slot.h, and their marks (shared/user_mark.h). */
#ifndef KEYLINE_BPF_USERS_H
#define KEYLINE_BPF_USERS_H

#include "connections.h"

/* NULL while packets are not marked. */
static __always_inline struct kl_user_marks *kl_get_user_marks(void)
{
	__u32 zero = 0;
	struct kl_user_marks *marks = bpf_map_lookup_elem(&kl_user_marks, &zero);

	return marks && marks->active ? marks : NULL;
}

/*
 * Of a packet that leaves under a rule with users. Its mark says it, where that is decided. Else a connection that a
 * peer's user has opened stays that user's, and another is its socket's owner's, where the rule asks for that. What has no
 * whole socket, such as a packet that was held, or one of the kernel's own, such as the last acknowledgement of a TCP
 * connection, is its connection's.
 */
static __always_inline __u32 kl_user_of(struct __sk_buff *skb, const struct kl_tuple *tuple, __u32 rule_flags)
{
	struct bpf_sock *sk = skb->sk;
	struct kl_user_marks *marks = skb->mark & KL_MARK_DECIDED ? kl_get_user_marks() : NULL;
	struct kl_connection *known;
	__u32 user, uid = 0;

	if (marks) {
		user = kl_marked_user(marks, skb->mark);
		return user >= KL_PEER_USERS || rule_flags & KL_RULE_PER_USER ? user : 0;
	}
	known = kl_find_connection(tuple);

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
