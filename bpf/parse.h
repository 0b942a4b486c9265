/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* From a frame to its tuple. What cannot be parsed is never taken for something that can. */
#ifndef KEYLINE_BPF_PARSE_H
#define KEYLINE_BPF_PARSE_H

#include <stdbool.h>

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/types.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "shared/flow.h"
#include "shared/reasons.h"
#include "shared/slot.h"

#define KL_MAX_VLAN_TAGS 2
#define KL_MAX_EXTENSION_HEADERS 8

#define KL_IP_MORE_FRAGMENTS 0x2000
#define KL_IP_OFFSET 0x1fff
#define KL_IPV6_MORE_FRAGMENTS 0x0001
#define KL_IPV6_OFFSET 0xfff8

#define KL_ICMPV6_FIRST_MLD 130
#define KL_ICMPV6_LAST_MLD 132
#define KL_ICMPV6_FIRST_ND 133
#define KL_ICMPV6_LAST_ND 137
#define KL_ICMPV6_MLD2_REPORT 143

enum kl_parse_result {
	KL_PARSED = 0,
	KL_NOT_IP,          /* a frame that policy does not speak about */
	KL_NEIGHBOUR,       /* IPv6 neighbour discovery or MLD, which is link-local as ARP is */
	KL_TRUNCATED,       /* a header lies beyond the octets at hand, or a length contradicts the packet */
	KL_BAD_HEADERS,     /* too many tags or extension headers, or malformed ones */
};

struct kl_packet {
	/* in */
	__u32 length;          /* octets of the frame, also of those not at hand */
	__u8 tags;             /* VLAN tags that are not in the frame any more */
	__u8 offloaded;        /* the stack will segment it: the IP length field does not count */
	/* out; the source stands in `local`, the destination in `remote` */
	__u8 first_fragment;
	__u8 later_fragment;   /* no ports, and for IPv6 not always the protocol */
	__u8 hop_limit;
	__u8 extended;         /* has IPv4 options, IPv6 extension headers or VLAN tags */
	__u8 network;          /* octets before the IP header */
	__u8 tcp_flags;        /* KL_TCP_* */
	__u32 identification;  /* of a fragment */
	__u32 spi;             /* of ESP, host order; of UDP the first four octets of data */
	__u32 payload_length;  /* octets after the IP header and its extensions */
	struct kl_tuple tuple;
};
KL_ASSERT_SIZE(struct kl_packet, 64);

struct kl_vlan_tag {
	__be16 control;
	__be16 protocol;
};

struct kl_ipv6_fragment {
	__u8 next_header;
	__u8 reserved;
	__be16 offset;
	__be32 identification;
};

static __always_inline enum kl_parse_result kl_parse_icmp(const __u8 *icmp, struct kl_packet *packet)
{
	__u8 type = icmp[0];

	packet->tuple.local_port = (__u16)type << 8 | icmp[1];
	if (packet->tuple.protocol != IPPROTO_ICMPV6)
		return KL_PARSED;
	if (type >= KL_ICMPV6_FIRST_ND && type <= KL_ICMPV6_LAST_ND && packet->hop_limit == 255)
		return KL_NEIGHBOUR;
	if (((type >= KL_ICMPV6_FIRST_MLD && type <= KL_ICMPV6_LAST_MLD) || type == KL_ICMPV6_MLD2_REPORT) &&
	    packet->hop_limit == 1)
		return KL_NEIGHBOUR;
	return KL_PARSED;
}

static __always_inline bool kl_has_ports(__u8 protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP ||
	       protocol == IPPROTO_DCCP || protocol == IPPROTO_UDPLITE;
}

static __always_inline enum kl_parse_result kl_parse_transport(const __u8 *data, const __u8 *end, __u32 offset,
							       struct kl_packet *packet)
{
	const __u8 *at = data + offset;
	__u32 left = packet->payload_length;

	if (packet->later_fragment)
		return KL_PARSED;
	if (kl_has_ports(packet->tuple.protocol)) {
		if (left < 8 || at + 8 > end)
			return KL_TRUNCATED;
		packet->tuple.local_port = bpf_ntohs(*(const __be16 *)at);
		packet->tuple.remote_port = bpf_ntohs(*(const __be16 *)(at + 2));
		if (packet->tuple.protocol == IPPROTO_TCP && left >= 14 && at + 14 <= end)
			packet->tcp_flags = at[13];
		if (left >= 12 && at + 12 <= end)
			packet->spi = bpf_ntohl(*(const __be32 *)(at + 8));
		return KL_PARSED;
	}
	switch (packet->tuple.protocol) {
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		if (left < 4 || at + 4 > end)
			return KL_TRUNCATED;
		return kl_parse_icmp(at, packet);
	case IPPROTO_ESP:
		if (left < 8 || at + 8 > end)
			return KL_TRUNCATED;
		packet->spi = bpf_ntohl(*(const __be32 *)at);
		return KL_PARSED;
	default:
		return KL_PARSED;
	}
}

static __always_inline enum kl_parse_result kl_parse_ipv4(const __u8 *data, const __u8 *end, __u32 offset,
							  struct kl_packet *packet)
{
	const struct iphdr *ip = (const void *)(data + offset);
	__u32 header, total, left = packet->length - offset;
	__u16 fragment;

	if ((const __u8 *)(ip + 1) > end)
		return KL_TRUNCATED;
	header = ip->ihl * 4;
	if (ip->version != 4 || header < sizeof(*ip))
		return KL_BAD_HEADERS;
	total = bpf_ntohs(ip->tot_len);
	if (packet->offloaded)
		total = left;
	if (total < header || total > left || data + offset + header > end)
		return KL_TRUNCATED;
	fragment = bpf_ntohs(ip->frag_off);
	packet->later_fragment = (fragment & KL_IP_OFFSET) != 0;
	packet->first_fragment = !packet->later_fragment && (fragment & KL_IP_MORE_FRAGMENTS);
	packet->identification = bpf_ntohs(ip->id);
	packet->hop_limit = ip->ttl;
	packet->extended |= header > sizeof(*ip);
	packet->payload_length = total - header;
	packet->tuple.family = KL_FAMILY_V4;
	packet->tuple.protocol = ip->protocol;
	__builtin_memcpy(packet->tuple.local.octets, &ip->saddr, 4);
	__builtin_memcpy(packet->tuple.remote.octets, &ip->daddr, 4);
	return kl_parse_transport(data, end, offset + header, packet);
}

static __always_inline enum kl_parse_result kl_parse_ipv6(const __u8 *data, const __u8 *end, __u32 offset,
							  struct kl_packet *packet)
{
	const struct ipv6hdr *ip = (const void *)(data + offset);
	__u32 left = packet->length - offset - sizeof(*ip);
	__u32 size;
	__u8 next;
	int i;

	if ((const __u8 *)(ip + 1) > end)
		return KL_TRUNCATED;
	if (ip->version != 6)
		return KL_BAD_HEADERS;
	if (!packet->offloaded) {
		if (bpf_ntohs(ip->payload_len) > left)
			return KL_TRUNCATED;
		left = bpf_ntohs(ip->payload_len);
	}
	packet->hop_limit = ip->hop_limit;
	packet->tuple.family = KL_FAMILY_V6;
	__builtin_memcpy(packet->tuple.local.octets, &ip->saddr, 16);
	__builtin_memcpy(packet->tuple.remote.octets, &ip->daddr, 16);
	next = ip->nexthdr;
	offset += sizeof(*ip);

	/* Unrolled, as Linux 6.1 refuses loops that the compiler has laid out so that their end falls into their head. */
#pragma unroll
	for (i = 0; i <= KL_MAX_EXTENSION_HEADERS; i++) {
		const __u8 *at = data + offset;

		if (next != IPPROTO_HOPOPTS && next != IPPROTO_ROUTING && next != IPPROTO_DSTOPTS &&
		    next != IPPROTO_FRAGMENT) {
			packet->tuple.protocol = next;
			packet->payload_length = left;
			return kl_parse_transport(data, end, offset, packet);
		}
		/* RFC 8200 4.1: hop-by-hop options stand first or nowhere; more than one fragment header is forged. */
		if (i == KL_MAX_EXTENSION_HEADERS || (next == IPPROTO_HOPOPTS && i > 0) ||
		    (next == IPPROTO_FRAGMENT && packet->first_fragment))
			return KL_BAD_HEADERS;
		if (left < 8 || at + 8 > end)
			return KL_TRUNCATED;
		packet->extended = 1;
		size = 8;
		if (next == IPPROTO_FRAGMENT) {
			const struct kl_ipv6_fragment *fragment = (const void *)at;
			__u16 field = bpf_ntohs(fragment->offset);

			packet->identification = bpf_ntohl(fragment->identification);
			packet->later_fragment = (field & KL_IPV6_OFFSET) != 0;
			packet->first_fragment = !packet->later_fragment && (field & KL_IPV6_MORE_FRAGMENTS);
		} else {
			size = ((__u32)at[1] + 1) * 8;
		}
		next = at[0];
		if (size > left)
			return KL_TRUNCATED;
		left -= size;
		offset += size;
		if (packet->later_fragment) {
			packet->tuple.protocol = next;
			packet->payload_length = left;
			return kl_parse_transport(data, end, offset, packet);
		}
	}
	return KL_BAD_HEADERS;
}

/* `packet` comes zeroed but for its input. */
static __always_inline enum kl_parse_result kl_parse(const __u8 *data, const __u8 *end, struct kl_packet *packet)
{
	const struct ethhdr *ethernet = (const void *)data;
	__u32 offset = sizeof(*ethernet), tags = packet->tags;
	__be16 protocol;
	int i;

	if ((const __u8 *)(ethernet + 1) > end)
		return KL_TRUNCATED;
	protocol = ethernet->h_proto;
#pragma unroll
	for (i = 0; i <= KL_MAX_VLAN_TAGS; i++) {
		const struct kl_vlan_tag *tag = (const void *)(data + offset);

		if (protocol != bpf_htons(ETH_P_8021Q) && protocol != bpf_htons(ETH_P_8021AD))
			break;
		if ((const __u8 *)(tag + 1) > end)
			return KL_TRUNCATED;
		protocol = tag->protocol;
		offset += sizeof(*tag);
		tags++;
	}
	if (tags > KL_MAX_VLAN_TAGS)
		return KL_BAD_HEADERS;
	packet->extended = tags > 0;
	packet->network = offset;
	if (protocol == bpf_htons(ETH_P_IP))
		return kl_parse_ipv4(data, end, offset, packet);
	if (protocol == bpf_htons(ETH_P_IPV6))
		return kl_parse_ipv6(data, end, offset, packet);
	return KL_NOT_IP;
}

/*
 * kl_parse() of the packet of an skb: an enum kl_parse_result. A global function (egress.bpf.c), so that its many paths
 * are not those of its callers too.
 */
int kl_parse_skb(struct __sk_buff *skb, struct kl_packet *packet);

/* Puts the destination into `local`: the packet comes from the unprotected side. ICMP's type stays where it is. */
static __always_inline void kl_turn_tuple(struct kl_tuple *tuple)
{
	struct kl_address address = tuple->local;
	__u16 port = tuple->local_port;

	tuple->local = tuple->remote;
	tuple->remote = address;
	if (tuple->protocol == IPPROTO_ICMP || tuple->protocol == IPPROTO_ICMPV6)
		return;
	tuple->local_port = tuple->remote_port;
	tuple->remote_port = port;
}

static __always_inline enum kl_reason kl_parse_reason(enum kl_parse_result result)
{
	return result == KL_TRUNCATED ? KL_REASON_DROP_TRUNCATED : KL_REASON_DROP_HEADERS;
}

#endif
