// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The kernel's side of bench_forward: a generator, the way into the socket, and a sink that counts.
 * The maps are those of an instance (bpf/maps.h), so that a worker of the product can serve them.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>

#include <bpf/bpf_helpers.h>

#include "maps.h"

#define HEADER_OCTETS 42 /* Ethernet, IPv4, UDP */
#define CAPTURE_OCTETS 2048

__u8 header[HEADER_OCTETS];
__u32 generator_ifindex;
__u64 received;
__u32 capture_wanted;
__u32 captured_octets;
__u8 captured[CAPTURE_OCTETS];

/* Run with live frames: their pages are used again, so every header is written anew. */
SEC("xdp")
int generate(struct xdp_md *xdp)
{
	__u8 *data = (void *)(long)xdp->data;

	if (data + HEADER_OCTETS > (__u8 *)(long)xdp->data_end)
		return XDP_ABORTED;
	__builtin_memcpy(data, header, HEADER_OCTETS);
	return bpf_redirect(generator_ifindex, 0);
}

SEC("xdp")
int to_socket(struct xdp_md *xdp)
{
	return bpf_redirect_map(&kl_xsks, KL_XSK_INDEX(1, xdp->rx_queue_index), XDP_DROP);
}

SEC("xdp")
int sink(struct xdp_md *xdp)
{
	__u32 octets = (long)xdp->data_end - (long)xdp->data;

	__sync_fetch_and_add(&received, 1);
	if (capture_wanted && octets > 0 && octets <= CAPTURE_OCTETS) {
		if (!bpf_xdp_load_bytes(xdp, 0, captured, octets)) {
			captured_octets = octets;
			capture_wanted = 0;
		}
	}
	return XDP_DROP;
}

char _license[] SEC("license") = "Dual BSD/GPL";
