// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Marks for the kernel's engine (shared/user_mark.h): sockets that begin connections get their user's. What an SA has
 * marked makes a connection its user's. TCP connections that peers open have the mark of their SYN, which the stack gives
 * them (net.ipv4.tcp_fwmark_accept).
 *
 * Of a whole cgroup: sockets of other network namespaces are left alone.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "connections.h"
#include "users.h"

#define KL_SOL_SOCKET 1 /* asm-generic/socket.h */
#define KL_SO_MARK 36
#define KL_SOCK_RAW 3 /* linux/net.h */

/* The mark of this host's user; 0: there are no more. */
static __always_inline __u32 kl_mark_of(struct kl_user_marks *marks, __u32 user)
{
	__u32 mark, number, *known;

	if (!user)
		return KL_MARK_DECIDED;
	known = bpf_map_lookup_elem(&kl_mark_by_user, &user);
	if (known)
		return *known;
	if (marks->last >= KL_MAX_USER_MARKS - 1)
		return 0;
	number = __sync_fetch_and_add(&marks->last, 1) + 1;
	if (number >= KL_MAX_USER_MARKS)
		return 0;
	marks->users[number] = user;
	mark = kl_make_user_mark(number, user);
	/* Another CPU may have been faster. */
	bpf_map_update_elem(&kl_mark_by_user, &user, &mark, BPF_NOEXIST);
	known = bpf_map_lookup_elem(&kl_mark_by_user, &user);
	return known ? *known : 0;
}

/* What the mark of a socket becomes that whoever runs now sends by. */
static __always_inline __u32 kl_owners_mark(struct kl_user_marks *marks, __u32 mark)
{
	__u32 uid = bpf_get_current_uid_gid();

	if (mark & KL_MARK_MASK)
		return mark;
	return mark | kl_mark_of(marks, uid < KL_PEER_USERS ? uid : KL_NO_USER);
}

static __always_inline int kl_connect(struct bpf_sock_addr *address)
{
	struct kl_user_marks *marks = kl_get_user_marks();
	struct bpf_sock *sk = address->sk;
	__u32 mark;

	if (!marks || !marks->per_user || !sk || bpf_get_netns_cookie(address) != marks->netns)
		return 1;
	mark = kl_owners_mark(marks, sk->mark);
	if (mark != sk->mark)
		bpf_setsockopt(address, KL_SOL_SOCKET, KL_SO_MARK, &mark, sizeof(mark));
	return 1;
}

SEC("cgroup/connect4")
int kl_connect_v4(struct bpf_sock_addr *address)
{
	return kl_connect(address);
}

SEC("cgroup/connect6")
int kl_connect_v6(struct bpf_sock_addr *address)
{
	return kl_connect(address);
}

/* Those that never connect, but know one user. */
SEC("cgroup/sock_create")
int kl_socket_made(struct bpf_sock *sk)
{
	struct kl_user_marks *marks = kl_get_user_marks();

	if (sk->type != KL_SOCK_RAW && sk->protocol != IPPROTO_ICMP && sk->protocol != IPPROTO_ICMPV6)
		return 1;
	if (marks && marks->per_user && bpf_get_netns_cookie(sk) == marks->netns)
		sk->mark = kl_owners_mark(marks, sk->mark);
	return 1;
}

/* MS-AIPS 3.11.5.1, for sockets that answer several peers. The packet begins with its IP header. */
SEC("cgroup_skb/ingress")
int kl_socket_in(struct __sk_buff *skb)
{
	struct kl_user_marks *marks = skb->mark & KL_MARK_DECIDED ? kl_get_user_marks() : NULL;
	struct kl_packet packet = { .length = skb->len, .offloaded = skb->gso_size != 0 };
	const __u8 *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	int result;
	__u32 user;

	user = marks ? kl_marked_user(marks, skb->mark) : 0;
	if (!user)
		return 1;
	result = skb->protocol == bpf_htons(ETH_P_IP) ? kl_parse_ipv4(data, end, 0, &packet) :
							kl_parse_ipv6(data, end, 0, &packet);
	if (result != KL_PARSED || packet.tuple.protocol == IPPROTO_TCP)
		return 1;
	kl_turn_tuple(&packet.tuple);
	kl_note_connection(&packet.tuple, user, 0);
	return 1;
}
