// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "auth_firewall.h"

#define KL_ICMP_PROHIBITED 13
#define KL_ICMPV6_PROHIBITED 1

int kl_passes_clear(const struct kl_packet *packet)
{
	struct kl_connection *connection;
	__u64 now = bpf_ktime_get_ns();

	if (!packet)
		return 0;
	connection = kl_find_connection(&packet->tuple);
	if (!connection || !kl_is_authorized(connection, packet->tuple.protocol, packet->tcp_flags, now))
		return 0;
	connection->last_seen = now;
	if (packet->tuple.protocol != IPPROTO_TCP)
		return 1;
	if (packet->tcp_flags & (KL_TCP_FIN | KL_TCP_RST) && !(connection->flags & KL_CONNECTION_CLOSING))
		__sync_fetch_and_or(&connection->flags, KL_CONNECTION_CLOSING);
	if (!kl_is_syn(packet->tcp_flags) && connection->flags & KL_CONNECTION_OPENING)
		__sync_fetch_and_and(&connection->flags, ~KL_CONNECTION_OPENING);
	return 1;
}

int kl_goes_clear(const struct kl_packet *packet, __u32 fragment_kind)
{
	struct kl_connection *connection;

	/* All of a datagram goes twice, or nothing. */
	if (!packet || (packet->later_fragment && fragment_kind == KL_FRAGMENT_TWICE))
		return 0;
	connection = kl_find_connection(&packet->tuple);
	if (connection && connection->flags & KL_CONNECTION_TWICE) {
		__sync_fetch_and_and(&connection->flags, ~KL_CONNECTION_TWICE);
		return 0;
	}
	return kl_is_unreachable(packet) || kl_passes_clear(packet);
}

static __always_inline bool kl_is_prohibition(const struct kl_packet *packet)
{
	__u8 code = packet->tuple.local_port;

	return kl_is_unreachable(packet) &&
	       code == (packet->tuple.protocol == IPPROTO_ICMP ? KL_ICMP_PROHIBITED : KL_ICMPV6_PROHIBITED);
}

/* What an ICMP error quotes of a packet without options: as much as names its connection (RFC 792, RFC 4443). */
struct kl_quote_v4 {
	__u8 icmp[8];
	struct iphdr ip;
	__be16 ports[2];
} __attribute__((packed));

struct kl_quote_v6 {
	__u8 icmp[8];
	struct ipv6hdr ip;
	__be16 ports[2];
} __attribute__((packed));

static __always_inline void kl_set_ports(struct kl_tuple *tuple, const __be16 *ports)
{
	tuple->local_port = bpf_ntohs(ports[0]);
	/* The ports of ICMP are its type and code, then nothing: its checksum is no name. */
	if (tuple->protocol != IPPROTO_ICMP && tuple->protocol != IPPROTO_ICMPV6)
		tuple->remote_port = bpf_ntohs(ports[1]);
}

/* This host sent the quoted packet. */
static __always_inline bool kl_read_quote(struct xdp_md *xdp, const struct kl_packet *packet, struct kl_tuple *tuple)
{
	struct kl_quote_v4 v4;
	struct kl_quote_v6 v6;

	tuple->family = packet->tuple.family;
	if (packet->tuple.protocol == IPPROTO_ICMP) {
		if (bpf_xdp_load_bytes(xdp, packet->network + sizeof(v4.ip), &v4, sizeof(v4)) ||
		    v4.ip.ihl != sizeof(v4.ip) / 4)
			return false;
		tuple->protocol = v4.ip.protocol;
		__builtin_memcpy(tuple->local.octets, &v4.ip.saddr, 4);
		__builtin_memcpy(tuple->remote.octets, &v4.ip.daddr, 4);
		kl_set_ports(tuple, v4.ports);
		return true;
	}
	if (bpf_xdp_load_bytes(xdp, packet->network + sizeof(v6.ip), &v6, sizeof(v6)))
		return false;
	tuple->protocol = v6.ip.nexthdr;
	__builtin_memcpy(tuple->local.octets, &v6.ip.saddr, 16);
	__builtin_memcpy(tuple->remote.octets, &v6.ip.daddr, 16);
	kl_set_ports(tuple, v6.ports);
	return true;
}

int kl_heed_icmp(struct xdp_md *xdp, const struct kl_packet *packet)
{
	struct kl_connection *connection;
	struct kl_tuple tuple = {};

	if (!packet || packet->extended || packet->first_fragment || packet->later_fragment ||
	    !kl_is_unreachable(packet) || !kl_read_quote(xdp, packet, &tuple))
		return 0;
	connection = kl_find_connection(&tuple);
	if (!connection || !kl_is_authorized(connection, tuple.protocol, 0, bpf_ktime_get_ns()))
		return 0;
	if (kl_is_prohibition(packet))
		__sync_fetch_and_or(&connection->flags, KL_CONNECTION_TWICE);
	return 1;
}
