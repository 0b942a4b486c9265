// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The two ends of the handover pair.
 *
 *   kl_egress -> near end -> far end: kl_handover_in (XDP) -> socket of the fast path
 *   fast path -> far end -> near end: kl_handover_out (TC ingress) -> the stack, or a port's egress once more
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

#include "discovery.h"
#include "handover.h"

#define KL_PACKET_HOST 0 /* linux/if_packet.h */

SEC("xdp.frags")
int kl_handover_in(struct xdp_md *xdp)
{
	struct ethhdr *ethernet = (void *)(long)xdp->data;
	struct kl_handover *handover;
	__u32 index;

	if ((void *)(ethernet + 1) > (void *)(long)xdp->data_end)
		return XDP_DROP;
	handover = (void *)ethernet->h_source;
	if (handover->kind != KL_HANDOVER_SEAL && handover->kind != KL_HANDOVER_HOLD &&
	    handover->kind != KL_HANDOVER_TWICE) {
		kl_count(KL_REASON_DROP_HANDOVER);
		return XDP_DROP;
	}
	index = KL_XSK_INDEX(KL_HANDOVER_PORT, xdp->rx_queue_index);
	if (xdp->rx_queue_index < KL_MAX_QUEUES && bpf_redirect_map(&kl_xsks, index, XDP_DROP) == XDP_REDIRECT)
		return XDP_REDIRECT;
	kl_count(KL_REASON_DROP_NO_WORKER);
	return XDP_DROP;
}

/*
 * What an SA brought in says about its connection: of a user's SA, that the connection is the user's (MS-AIPS 3.11.5.1);
 * of any, that it is a secure one, before this host has sent anything (MS-IKEE 3.7.4.2). Returns 0.
 */
int kl_note_opened(struct __sk_buff *skb, __u32 sa_index)
{
	struct kl_sa *sa = bpf_map_lookup_elem(&kl_sas, &sa_index);
	struct kl_config *config = kl_get_config();
	struct kl_packet packet = {};
	struct kl_flow flow = {};
	struct kl_tuple tuple;
	__u32 user = sa ? sa->impersonation_handle : 0;

	if (!config || !sa_index || !(user || config->discovery))
		return 0;
	if (kl_parse_skb(skb, &packet) != KL_PARSED || packet.later_fragment)
		return 0;
	kl_turn_tuple(&packet.tuple);
	tuple = packet.tuple;
	if (user && !packet.first_fragment)
		kl_note_connection(&tuple, user, 0);
	if (config->discovery && kl_decide(&tuple, &flow, true))
		kl_note_secure(&tuple, &flow);
	return 0;
}

SEC("tc")
int kl_handover_out(struct __sk_buff *skb)
{
	struct ethhdr *ethernet = (void *)(long)skb->data;
	struct kl_handover handover;
	struct kl_port *port;
	__u32 index, ifindex, kind;
	__u8 mac[ETH_ALEN];

	if ((void *)(ethernet + 1) > (void *)(long)skb->data_end)
		return TC_ACT_SHOT;
	__builtin_memcpy(&handover, ethernet->h_source, sizeof(handover));
	kind = handover.kind;
	index = handover.port;
	port = bpf_map_lookup_elem(&kl_ports, &index);
	if ((kind != KL_HANDOVER_OPEN && kind != KL_HANDOVER_HOLD) || !port || !port->ifindex) {
		kl_count(KL_REASON_DROP_HANDOVER);
		return TC_ACT_SHOT;
	}
	ifindex = port->ifindex;
	__builtin_memcpy(mac, port->mac, sizeof(mac));
	if (kind == KL_HANDOVER_HOLD) {
		if (bpf_skb_store_bytes(skb, offsetof(struct ethhdr, h_source), mac, ETH_ALEN, 0))
			return TC_ACT_SHOT;
		return bpf_redirect(ifindex, 0);
	}
	kl_note_opened(skb, kl_handover_value(&handover));
	/* Generic XDP would see the plaintext of a frame that comes in by the port, and drop it as clear text. */
	if (port->xdp_mode == KL_XDP_GENERIC) {
		bpf_skb_change_type(skb, KL_PACKET_HOST);
		return TC_ACT_UNSPEC;
	}
	if (bpf_skb_store_bytes(skb, offsetof(struct ethhdr, h_dest), mac, ETH_ALEN, 0))
		return TC_ACT_SHOT;
	return bpf_redirect(ifindex, BPF_F_INGRESS);
}
