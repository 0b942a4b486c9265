// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* XDP of the ports: ESP and plaintext that come from the unprotected side, and the LAN side of a gateway. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "auth_firewall.h"
#include "discovery.h"
#include "dos_cookie.h"
#include "events.h"
#include "flow.h"
#include "fragments.h"
#include "handover.h"
#include "kernel_esp.h"
#include "route.h"

static __always_inline int pass(enum kl_reason reason)
{
	kl_count(reason);
	return XDP_PASS;
}

static __always_inline int drop(enum kl_reason reason)
{
	kl_count(reason);
	return XDP_DROP;
}

/* An enum kl_parse_result. A global function, so that its many paths are not those of its caller too. */
int kl_parse_xdp(struct xdp_md *xdp, struct kl_packet *packet)
{
	if (!packet)
		return KL_TRUNCATED;
	packet->length = bpf_xdp_get_buff_len(xdp);
	return kl_parse((void *)(long)xdp->data, (void *)(long)xdp->data_end, packet);
}

static __always_inline int hand_over(struct xdp_md *xdp, __u32 value, enum kl_handover_kind kind, __u32 port,
				     __u32 socket_port, enum kl_reason reason)
{
	struct ethhdr *ethernet = (void *)(long)xdp->data;

	if ((void *)(ethernet + 1) > (void *)(long)xdp->data_end)
		return drop(KL_REASON_DROP_TRUNCATED);
	kl_make_handover((void *)ethernet->h_source, value, kind, port);
	return kl_to_socket(socket_port, xdp->rx_queue_index, reason);
}

/* The entry of kl_sa_by_spi; 0: none. The tuple is as it came, with the destination in `remote`. */
static __always_inline __u32 inbound_sa(const struct kl_packet *packet)
{
	struct kl_spi_key key = {};
	__u32 *index;

	key.spi = packet->spi;
	key.family = packet->tuple.family;
	key.local = packet->tuple.remote;
	index = bpf_map_lookup_elem(&kl_sa_by_spi, &key);
	return index ? *index : 0;
}

static __always_inline bool is_transit(struct xdp_md *xdp, const struct kl_packet *packet)
{
	return kl_is_transit(xdp, &packet->tuple.local, &packet->tuple.remote, packet->tuple.family,
			     xdp->ingress_ifindex);
}

/*
 * MS-AIPS 3.10.5.2. What authorizes the connection comes under the SA, just before this packet, and may still be with the
 * worker, which therefore judges what a peer sends. Who has no SA is nobody's peer.
 */
static __always_inline int firewall(struct xdp_md *xdp, const struct kl_packet *packet, struct kl_flow *flow,
				    const struct kl_rule *rule, __u32 port)
{
	struct ethhdr *ethernet;

	if (kl_passes_clear(packet))
		return pass(KL_REASON_PASS_AUTH_FIREWALL);
	if (!(rule->flags & KL_RULE_HAS_USERS) && !kl_outbound_sa(&packet->tuple, flow, 0))
		return drop(KL_REASON_DROP_UNAUTHENTICATED);
	ethernet = (void *)(long)xdp->data;
	if ((void *)(ethernet + 1) > (void *)(long)xdp->data_end)
		return drop(KL_REASON_DROP_TRUNCATED);
	__builtin_memcpy(ethernet->h_dest, ethernet->h_source, ETH_ALEN);
	return hand_over(xdp, 0, KL_HANDOVER_JUDGE, port, port, KL_REASON_IN_JUDGED);
}

/* Plaintext that a protect rule covers. `quotes_connection`: an ICMP error about an authorized connection. */
static __always_inline int unprotected(struct xdp_md *xdp, const struct kl_packet *packet, struct kl_flow *flow,
				       bool ports_known, bool quotes_connection, __u32 port)
{
	struct kl_rule *rule = bpf_map_lookup_elem(&kl_rules, &flow->rule);

	if (!ports_known || !rule)
		return drop(KL_REASON_DROP_CLEAR_IN);
	if (rule->mode == KL_AUTH_FIREWALL)
		return quotes_connection ? pass(KL_REASON_PASS_AUTH_FIREWALL) :
					   firewall(xdp, packet, flow, rule, port);
	return kl_takes_clear(&packet->tuple, flow) ? pass(KL_REASON_PASS_DISCOVERY) : drop(KL_REASON_DROP_CLEAR_IN);
}

/* Plaintext from the unprotected side. */
static __always_inline int plaintext(struct xdp_md *xdp, struct kl_config *config, struct kl_packet *packet,
				     bool ports_known, __u32 port)
{
	bool quotes_connection = config->auth_firewall && kl_is_unreachable(packet) && kl_heed_icmp(xdp, packet);
	struct kl_flow flow = {};

	kl_turn_tuple(&packet->tuple);
	if (!kl_decide(&packet->tuple, &flow, ports_known))
		return drop(KL_REASON_DROP_FRAGMENT);
	switch (flow.action) {
	case KL_ACTION_BYPASS:
		return pass(flow.rule ? KL_REASON_PASS_BYPASS : KL_REASON_PASS_NO_RULE);
	case KL_ACTION_PROTECT:
		return unprotected(xdp, packet, &flow, ports_known, quotes_connection, port);
	default:
		return drop(KL_REASON_DROP_BLOCK);
	}
}

static __always_inline int esp(struct xdp_md *xdp, struct kl_packet *packet, __u32 port)
{
	__u32 index = inbound_sa(packet);

	if (!index) {
		kl_raise_stray_esp(&packet->tuple, xdp->ingress_ifindex);
		return drop(KL_REASON_DROP_SPI);
	}
	if (index & KL_SPI_KERNEL)
		return kl_open_in_kernel(kl_cpu_of(index));
	return hand_over(xdp, index, KL_HANDOVER_OPEN, port, port, KL_REASON_IN_FASTPATH);
}

static __always_inline int esp_fragment(struct xdp_md *xdp, const struct kl_packet *packet, __u32 port, __u32 spi_entry,
					struct kl_fragment *said)
{
	if (kl_is_kernel_fragment(packet, spi_entry, said))
		return kl_open_in_kernel(said->cpu);
	return hand_over(xdp, 0, KL_HANDOVER_REASSEMBLE, port, port, KL_REASON_IN_FASTPATH);
}

static __always_inline int ike(struct xdp_md *xdp, struct kl_config *config, struct kl_packet *packet)
{
	__u32 marker = packet->tuple.remote_port == config->nat_port ? sizeof(__u32) : 0;
	int reason = KL_REASON_PASS_IKE;

	if (!packet->first_fragment && !packet->later_fragment)
		reason = kl_guard_ike(xdp, packet, marker);
	if (reason == KL_REASON_COOKIE_SENT) {
		kl_count(reason);
		return XDP_TX;
	}
	return reason == KL_REASON_PASS_IKE ? pass(reason) : drop(reason);
}

static __always_inline int from_unprotected(struct xdp_md *xdp, struct kl_config *config, struct kl_packet *packet,
					    __u32 port)
{
	struct kl_fragment said = {};
	bool ports_known = true;

	if (packet->later_fragment)
		ports_known = kl_recall_fragment(packet, &said);

	/* Only what is meant for this machine is IPsec for us (RFC 4301 5.2); the rest is forwarded under policy. */
	if (packet->tuple.protocol == IPPROTO_ESP && !(inbound_sa(packet) == 0 && is_transit(xdp, packet))) {
		if (packet->first_fragment || packet->later_fragment)
			return esp_fragment(xdp, packet, port, inbound_sa(packet), &said);
		return esp(xdp, packet, port);
	}
	if (packet->tuple.protocol == IPPROTO_UDP && ports_known &&
	    (packet->tuple.remote_port == config->ike_port || packet->tuple.remote_port == config->nat_port) &&
	    !is_transit(xdp, packet)) {
		bool encapsulated = packet->tuple.remote_port == config->nat_port && packet->spi != 0;

		if (packet->later_fragment)
			encapsulated = said.kind == KL_FRAGMENT_ESP || said.kind == KL_FRAGMENT_KERNEL;
		if (packet->first_fragment)
			kl_remember_fragment(packet, encapsulated ? KL_FRAGMENT_ESP : KL_FRAGMENT_IKE);
		if (!encapsulated)
			return ike(xdp, config, packet);
		if (packet->first_fragment || packet->later_fragment)
			return esp_fragment(xdp, packet, port, inbound_sa(packet), &said);
		return esp(xdp, packet, port);
	}
	if (packet->first_fragment)
		kl_remember_fragment(packet, KL_FRAGMENT_CLASSIFY);
	return plaintext(xdp, config, packet, ports_known, port);
}

/*
 * The LAN side only gets the short way to the fast path: a packet whose SA exists and which the routing table sends
 * out by an unprotected port. All else goes to the stack, and policy meets it at the egress of that port.
 */
static __always_inline int from_protected(struct xdp_md *xdp, struct kl_packet *packet, __u32 port)
{
	struct kl_tuple *tuple = &packet->tuple;
	struct bpf_fib_lookup fib;
	struct kl_flow flow = {};
	struct kl_rule *rule;
	struct kl_port *out;
	struct kl_sa *sa;
	struct ethhdr *ethernet;
	__u32 index, out_port;

	if (packet->extended || packet->first_fragment || packet->later_fragment || packet->hop_limit <= 1)
		return XDP_PASS;
	if (!kl_decide(tuple, &flow, true) || flow.action != KL_ACTION_PROTECT)
		return XDP_PASS;
	rule = bpf_map_lookup_elem(&kl_rules, &flow.rule);
	if (!rule)
		return XDP_PASS;
	index = kl_outbound_sa(tuple, &flow, 0);
	if (!index)
		return XDP_PASS;
	sa = bpf_map_lookup_elem(&kl_sas, &index);
	if (!sa || sa->engine == KL_ENGINE_KERNEL || sa->mode == KL_AUTH_FIREWALL)
		return XDP_PASS;
	if (kl_route(xdp, &fib, &tuple->local, &tuple->remote, tuple->family, xdp->ingress_ifindex, 0) !=
	    BPF_FIB_LKUP_RET_SUCCESS)
		return XDP_PASS;
	out_port = kl_port_index(fib.ifindex);
	if (sa->mode == KL_TUNNEL &&
	    kl_route(xdp, &fib, &sa->local, &sa->remote, sa->family, fib.ifindex, BPF_FIB_LOOKUP_OUTPUT) !=
		    BPF_FIB_LKUP_RET_SUCCESS)
		return XDP_PASS;
	out = bpf_map_lookup_elem(&kl_ports, &out_port);
	if (!out || out->role != KL_PORT_UNPROTECTED)
		return XDP_PASS;
	ethernet = (void *)(long)xdp->data;
	if ((void *)(ethernet + 1) > (void *)(long)xdp->data_end)
		return XDP_PASS;
	__builtin_memcpy(ethernet->h_dest, fib.dmac, ETH_ALEN);
	kl_note_secure(tuple, &flow);
	return hand_over(xdp, index, KL_HANDOVER_SEAL, out_port, port, KL_REASON_OUT_FASTPATH);
}

SEC("xdp.frags")
int kl_ingress(struct xdp_md *xdp)
{
	struct kl_config *config = kl_get_config();
	struct kl_packet packet = {};
	int result;
	struct kl_port *port;
	__u32 index;

	if (!config)
		return XDP_DROP;
	index = kl_port_index(xdp->ingress_ifindex);
	port = bpf_map_lookup_elem(&kl_ports, &index);
	if (!port)
		return XDP_PASS;
	result = kl_parse_xdp(xdp, &packet);
	if (port->role == KL_PORT_PROTECTED)
		return result == KL_PARSED ? from_protected(xdp, &packet, index) : XDP_PASS;
	if (result == KL_NOT_IP || result == KL_NEIGHBOUR)
		return pass(KL_REASON_PASS_LOCAL);
	if (result != KL_PARSED)
		return drop(kl_parse_reason(result));
	return from_unprotected(xdp, config, &packet, index);
}
