// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Makes a flood of one first message: every frame comes from another address and port, with another CKY-I. */
#include <stddef.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define MAX_FRAME 1024

struct headers {
	struct ethhdr ethernet;
	struct iphdr ip;
	struct udphdr udp;
	__u32 initiator_cookie[2];
} __attribute__((packed));

/* Set before the start. The source address is the network's, with random bits where the mask has none. */
__u8 frame[MAX_FRAME];
__u32 frame_octets;
__be32 network, mask;
__u32 out_ifindex;

/* Run with live frames: their pages are used again after the receiver has written into them. */
SEC("xdp")
int flood(struct xdp_md *xdp)
{
	struct headers *headers = (void *)(long)xdp->data;
	__u32 octets = frame_octets, sum = 0;
	__u16 *words;
	int i;

	if (octets == 0 || octets > MAX_FRAME || bpf_xdp_store_bytes(xdp, 0, frame, octets))
		return XDP_ABORTED;
	headers = (void *)(long)xdp->data;
	if ((void *)(headers + 1) > (void *)(long)xdp->data_end)
		return XDP_ABORTED;
	headers->ip.saddr = network | (bpf_get_prandom_u32() & ~mask);
	headers->ip.check = 0;
	headers->udp.check = 0;
	headers->initiator_cookie[0] = bpf_get_prandom_u32() | 1;
	headers->initiator_cookie[1] = bpf_get_prandom_u32();
	words = (void *)&headers->ip;
#pragma unroll
	for (i = 0; i < 10; i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	headers->ip.check = ~sum;
	return bpf_redirect(out_ifindex, 0);
}

char _license[] SEC("license") = "Dual BSD/GPL";
