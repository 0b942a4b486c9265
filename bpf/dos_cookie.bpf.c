// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* NOTIFY_DOS_COOKIE (MS-AIPS 2.2.3.5 and 3.1.7.6, MS-IKEE 3.9) in the place of keylined: the flood ends here. */
#include "dos_cookie.h"

#include <linux/udp.h>

#include "shared/dos_cookie.h"

#define KL_ISAKMP_VERSION 0x10
#define KL_ISAKMP_ENCRYPTED 0x01
#define KL_EXCHANGE_MAIN_MODE 0xf3
#define KL_EXCHANGE_NOTIFY 0xf6
#define KL_PAYLOAD_NOTIFICATION 0x0b
#define KL_PAYLOAD_CRYPTO 0x85
#define KL_NOTIFY_DOS_COOKIE 0x9c55
#define KL_DOI_IPSEC 1
#define KL_PROTOCOL_ISAKMP 1

#define KL_COOKIE_HOPS 64

struct kl_isakmp {
	__u64 initiator_cookie; /* octets as they lie in memory */
	__u64 responder_cookie;
	__u8 next_payload;
	__u8 version;
	__u8 exchange;
	__u8 flags;
	__be32 message_id;
	__be32 length;
} __attribute__((packed));
KL_ASSERT_SIZE(struct kl_isakmp, 28);

/* Up to its IV. */
struct kl_crypto_payload {
	__u8 next_payload;
	__u8 reserved;
	__be16 length;
	__be32 sequence;
};

struct kl_cookie_request {
	struct kl_isakmp isakmp;
	struct kl_crypto_payload crypto;
} __attribute__((packed));

struct kl_cookie_answer {
	struct kl_isakmp isakmp;
	__u8 next_payload;
	__u8 reserved;
	__be16 length;
	__be32 doi;
	__u8 protocol_id;
	__u8 flags;
	__be16 type;
	__u64 cookie;
} __attribute__((packed));
KL_ASSERT_SIZE(struct kl_cookie_answer, 48);

/* What the UDP checksum covers besides the data. The order of the addresses does not matter. */
struct kl_udp_sum {
	struct kl_address source;
	struct kl_address destination;
	__be32 length;
	__be32 protocol;
	struct udphdr udp;
};
KL_ASSERT_SIZE(struct kl_udp_sum, 48);

static __always_inline __u16 fold(__u64 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~((sum & 0xffff) + (sum >> 16));
}

static __always_inline bool is_cookie(const struct kl_dos_cookies *cookies, const struct kl_cookie_peer *peer,
				      const struct kl_isakmp *isakmp)
{
	return isakmp->responder_cookie == kl_dos_cookie(&cookies->secrets[0], peer, isakmp->initiator_cookie) ||
	       isakmp->responder_cookie == kl_dos_cookie(&cookies->secrets[1], peer, isakmp->initiator_cookie);
}

static __always_inline bool is_our_initiation(const struct kl_dos_cookies *cookies, const struct kl_cookie_peer *peer,
					      const struct kl_isakmp *isakmp)
{
	const __u32 first = isakmp->initiator_cookie, tag = isakmp->initiator_cookie >> 32;

	return tag == kl_initiator_tag(&cookies->secrets[0], peer, first) ||
	       tag == kl_initiator_tag(&cookies->secrets[1], peer, first);
}

/* As keylined would have it before it asked for a cookie. The encrypted flag is ignored (MS-AIPS 3.3.5.1). */
static __always_inline bool is_well_formed(const struct kl_cookie_request *request, __u32 length)
{
	const struct kl_isakmp *isakmp = &request->isakmp;

	return isakmp->initiator_cookie != 0 && isakmp->version == KL_ISAKMP_VERSION &&
	       !(isakmp->flags & ~KL_ISAKMP_ENCRYPTED) && bpf_ntohl(isakmp->length) == length &&
	       length >= sizeof(struct kl_cookie_answer) && isakmp->next_payload == KL_PAYLOAD_CRYPTO &&
	       request->crypto.sequence == 0;
}

static __always_inline void make_answer(struct kl_cookie_answer *answer, __u64 initiator_cookie, __u64 cookie)
{
	answer->isakmp.initiator_cookie = initiator_cookie;
	answer->isakmp.next_payload = KL_PAYLOAD_NOTIFICATION;
	answer->isakmp.version = KL_ISAKMP_VERSION;
	answer->isakmp.exchange = KL_EXCHANGE_NOTIFY;
	answer->isakmp.message_id = bpf_get_prandom_u32() | bpf_htonl(2); /* neither 0 nor 1 */
	answer->isakmp.length = bpf_htonl(sizeof(*answer));
	answer->length = bpf_htons(sizeof(*answer) - sizeof(answer->isakmp));
	answer->doi = bpf_htonl(KL_DOI_IPSEC);
	answer->protocol_id = KL_PROTOCOL_ISAKMP;
	answer->type = bpf_htons(KL_NOTIFY_DOS_COOKIE);
	answer->cookie = cookie;
}

static __always_inline void turn_ethernet(struct ethhdr *ethernet)
{
	__u8 address[ETH_ALEN];

	__builtin_memcpy(address, ethernet->h_dest, ETH_ALEN);
	__builtin_memcpy(ethernet->h_dest, ethernet->h_source, ETH_ALEN);
	__builtin_memcpy(ethernet->h_source, address, ETH_ALEN);
}

static __always_inline void write_ipv4(struct iphdr *to, const struct kl_packet *packet, __u32 payload)
{
	struct iphdr ip = {};

	ip.version = 4;
	ip.ihl = sizeof(ip) / 4;
	ip.tot_len = bpf_htons(sizeof(ip) + payload);
	ip.ttl = KL_COOKIE_HOPS;
	ip.protocol = IPPROTO_UDP;
	__builtin_memcpy(&ip.saddr, packet->tuple.remote.octets, 4);
	__builtin_memcpy(&ip.daddr, packet->tuple.local.octets, 4);
	ip.check = fold(bpf_csum_diff(NULL, 0, (__be32 *)&ip, sizeof(ip), 0));
	*to = ip;
}

static __always_inline void write_ipv6(struct ipv6hdr *ip, const struct kl_packet *packet, __u32 payload)
{
	__builtin_memset(ip, 0, sizeof(*ip));
	ip->version = 6;
	ip->payload_len = bpf_htons(payload);
	ip->nexthdr = IPPROTO_UDP;
	ip->hop_limit = KL_COOKIE_HOPS;
	__builtin_memcpy(&ip->saddr, packet->tuple.remote.octets, 16);
	__builtin_memcpy(&ip->daddr, packet->tuple.local.octets, 16);
}

/* The UDP header from us to the sender. A zero marker adds nothing to the sum but its length. */
static __always_inline void make_udp(struct udphdr *udp, const struct kl_packet *packet,
				     struct kl_cookie_answer *answer, __u32 length)
{
	struct kl_udp_sum sum = {};

	sum.source = packet->tuple.remote;
	sum.destination = packet->tuple.local;
	sum.length = bpf_htonl(length);
	sum.protocol = bpf_htonl(IPPROTO_UDP);
	sum.udp.source = bpf_htons(packet->tuple.remote_port);
	sum.udp.dest = bpf_htons(packet->tuple.local_port);
	sum.udp.len = bpf_htons(length);
	*udp = sum.udp;
	udp->check = fold(bpf_csum_diff(NULL, 0, (__be32 *)answer, sizeof(*answer),
					bpf_csum_diff(NULL, 0, (__be32 *)&sum, sizeof(sum), 0)));
	if (udp->check == 0)
		udp->check = 0xffff;
}

/* Makes the frame the answer. Tags stay, whatever follows the answer goes. Its stack is its own: the caller's is full. */
static __noinline int send_cookie(struct xdp_md *xdp, const struct kl_packet *packet, __u32 marker,
				       __u64 initiator_cookie, __u64 cookie)
{
	const bool v4 = packet->tuple.family == KL_FAMILY_V4;
	const __u32 header = v4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
	const __u32 udp_length = sizeof(struct udphdr) + marker + sizeof(struct kl_cookie_answer);
	struct kl_cookie_answer answer = {};
	__u8 *data, *end, *ip, *body;
	struct udphdr udp;

	make_answer(&answer, initiator_cookie, cookie);
	make_udp(&udp, packet, &answer, udp_length);
	if (bpf_xdp_adjust_tail(xdp, (int)(packet->network + header + udp_length) - (int)packet->length))
		return KL_REASON_DROP_TRUNCATED;
	data = (void *)(long)xdp->data;
	end = (void *)(long)xdp->data_end;
	ip = data + packet->network;
	body = ip + header + sizeof(udp) + marker;
	if (data + sizeof(struct ethhdr) > end || ip + sizeof(struct ipv6hdr) + sizeof(udp) > end ||
	    body + sizeof(answer) > end)
		return KL_REASON_DROP_TRUNCATED;
	turn_ethernet((void *)data);
	if (v4) {
		write_ipv4((void *)ip, packet, udp_length);
		__builtin_memcpy(ip + sizeof(struct iphdr), &udp, sizeof(udp));
	} else {
		write_ipv6((void *)ip, packet, udp_length);
		__builtin_memcpy(ip + sizeof(struct ipv6hdr), &udp, sizeof(udp));
	}
	__builtin_memcpy(body, &answer, sizeof(answer));
	return KL_REASON_COOKIE_SENT;
}

/* Options and extension headers are no part of an answer. keylined answers what has some. */
static __always_inline bool is_plain(const __u8 *data, const __u8 *end, const struct kl_packet *packet)
{
	const __u8 *ip = data + packet->network;

	if (data + sizeof(struct ethhdr) > end || ip + sizeof(struct ipv6hdr) + sizeof(struct udphdr) > end)
		return false;
	if (packet->tuple.family == KL_FAMILY_V4)
		return ((const struct iphdr *)ip)->ihl == sizeof(struct iphdr) / 4;
	return ((const struct ipv6hdr *)ip)->nexthdr == IPPROTO_UDP;
}

int kl_guard_ike(struct xdp_md *xdp, const struct kl_packet *packet, __u32 marker)
{
	const struct kl_cookie_request *request;
	const struct kl_isakmp *isakmp;
	struct kl_dos_cookies *cookies;
	struct kl_cookie_peer peer = {};
	const __u8 *data, *end, *udp;
	__u32 zero = 0, length;

	cookies = bpf_map_lookup_elem(&kl_dos_cookies, &zero);
	if (!packet || marker > 4 || !cookies || !cookies->active)
		return KL_REASON_PASS_IKE;
	data = (void *)(long)xdp->data;
	end = (void *)(long)xdp->data_end;
	if (!is_plain(data, end, packet))
		return KL_REASON_PASS_IKE;
	udp = data + packet->network +
	      (packet->tuple.family == KL_FAMILY_V4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr));
	request = (void *)(udp + sizeof(struct udphdr) + marker);
	isakmp = &request->isakmp;
	if ((void *)(isakmp + 1) > (void *)end || isakmp->exchange != KL_EXCHANGE_MAIN_MODE)
		return KL_REASON_PASS_IKE;
	length = bpf_ntohs(((const struct udphdr *)udp)->len);
	if ((void *)(request + 1) > (void *)end || length > packet->payload_length ||
	    length < sizeof(struct udphdr) + marker + sizeof(*request))
		return KL_REASON_DROP_COOKIE;

	peer.address = packet->tuple.local;
	peer.port = packet->tuple.local_port;
	peer.family = packet->tuple.family;
	if (isakmp->responder_cookie != 0 && (request->crypto.sequence != 0 || is_cookie(cookies, &peer, isakmp) ||
					      is_our_initiation(cookies, &peer, isakmp)))
		return KL_REASON_PASS_IKE;
	/* A group address is nobody's, and an answer would multiply. */
	if (data[0] & 1 || !is_well_formed(request, length - sizeof(struct udphdr) - marker))
		return KL_REASON_DROP_COOKIE;
	return send_cookie(xdp, packet, marker, isakmp->initiator_cookie,
			   kl_dos_cookie(&cookies->secrets[cookies->current & 1], &peer, isakmp->initiator_cookie));
}
