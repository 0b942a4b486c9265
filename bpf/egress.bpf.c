// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* TC egress of an unprotected port: what leaves the host or is forwarded by it, under policy. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

#include "auth_firewall.h"
#include "discovery.h"
#include "flow.h"
#include "fragments.h"
#include "handover.h"
#include "kernel_esp.h"
#include "route.h"
#include "users.h"

/* Headers that may have to be pulled out of an skb's fragments: two tags, IPv6, eight extension headers, TCP. */
#define KL_HEADERS_OCTETS 256

static __always_inline int pass(enum kl_reason reason)
{
	kl_count(reason);
	return TC_ACT_UNSPEC;
}

static __always_inline int drop(enum kl_reason reason)
{
	kl_count(reason);
	return TC_ACT_SHOT;
}

int kl_parse_skb(struct __sk_buff *skb, struct kl_packet *packet)
{
	if (!packet)
		return KL_TRUNCATED;
	packet->length = skb->len;
	packet->tags = skb->vlan_present;
	packet->offloaded = skb->gso_size != 0;
	return kl_parse((void *)(long)skb->data, (void *)(long)skb->data_end, packet);
}

static __always_inline int parse(struct __sk_buff *skb, struct kl_packet *packet)
{
	__u32 linear = skb->data_end - skb->data;
	__u32 wanted = skb->len < KL_HEADERS_OCTETS ? skb->len : KL_HEADERS_OCTETS;
	int result = kl_parse_skb(skb, packet);

	if (result != KL_TRUNCATED || linear >= wanted || bpf_skb_pull_data(skb, wanted))
		return result;
	__builtin_memset(packet, 0, sizeof(*packet));
	return kl_parse_skb(skb, packet);
}

/* RFC 4301 4.4.1 calls it bypassing the boundary: our own IKE sockets' traffic, which must go out to make SAs. */
static __always_inline bool is_own_ike(struct __sk_buff *skb, struct kl_config *config, const struct kl_packet *packet)
{
	__u16 port = packet->tuple.local_port;

	return skb->ingress_ifindex == 0 && packet->tuple.protocol == IPPROTO_UDP &&
	       (port == config->ike_port || port == config->nat_port);
}

static __always_inline int hand_over(struct __sk_buff *skb, struct kl_config *config, __u32 value,
				     enum kl_handover_kind kind, enum kl_reason reason)
{
	struct kl_handover handover;
	__u32 port = kl_port_index(skb->ifindex);

	if (port == KL_MAX_PORTS || !config->handover_ifindex)
		return drop(KL_REASON_DROP_NO_WORKER);
	kl_make_handover(&handover, value, kind, port);
	if (bpf_skb_store_bytes(skb, offsetof(struct ethhdr, h_source), &handover, sizeof(handover), 0))
		return drop(KL_REASON_DROP_TRUNCATED);
	kl_count(reason);
	return bpf_redirect(config->handover_ifindex, 0);
}

/* The frame is addressed to the inner packet's next hop; the ESP packet may have another. */
static __always_inline int address_outer(struct __sk_buff *skb, const struct kl_sa *sa, const struct kl_tuple *inner)
{
	struct bpf_fib_lookup fib;
	struct kl_address next_hop;
	long result;

	if (sa->family == inner->family && !__builtin_memcmp(&sa->remote, &inner->remote, sizeof(sa->remote)))
		return 0;
	result = kl_route(skb, &fib, &sa->local, &sa->remote, sa->family, skb->ifindex, BPF_FIB_LOOKUP_OUTPUT);
	/* The kernel does not answer on a host that does not forward. Its router knows the way to both. */
	if (result == BPF_FIB_LKUP_RET_FWD_DISABLED)
		return 0;
	if (result == BPF_FIB_LKUP_RET_SUCCESS)
		return bpf_skb_store_bytes(skb, offsetof(struct ethhdr, h_dest), fib.dmac, ETH_ALEN, 0);
	kl_next_hop(&fib, &next_hop);
	kl_raise_neighbour(&next_hop, sa->family, skb->ifindex);
	return -1;
}

/* 3.7.4.1 of MS-IKEE: behind a NAT, a peer that takes the clear gets it. */
static __always_inline bool is_spared(const struct kl_sa *sa, const struct kl_flow *flow)
{
	const __u32 spared = KL_SA_UDP_ENCAP | KL_SA_BOUNDARY;

	return flow->discovery & KL_RULE_DISCOVER_OUT && (sa->flags & spared) == spared;
}

/* MS-AIPS 3.10.4.1. The worker keeps the order: under the SA, then in the clear. */
static __always_inline int send_twice(struct __sk_buff *skb, struct kl_config *config, const struct kl_packet *packet,
				      __u32 index, __u32 user)
{
	kl_open_connection(&packet->tuple, user);
	if (packet->first_fragment)
		kl_remember_fragment(packet, KL_FRAGMENT_TWICE);
	return hand_over(skb, config, index, KL_HANDOVER_TWICE, KL_REASON_OUT_TWICE);
}

static __always_inline int hold(struct __sk_buff *skb, struct kl_config *config, const struct kl_packet *packet,
				struct kl_flow *flow, __u32 user, enum kl_reason reason)
{
	if (user)
		kl_note_connection(&packet->tuple, user, 0); /* what is held comes back without its socket */
	return hand_over(skb, config, flow->rule, KL_HANDOVER_HOLD, reason);
}

static __always_inline int protect(struct __sk_buff *skb, struct kl_config *config, const struct kl_packet *packet,
				   struct kl_flow *flow, bool ports_known, __u8 fragment_kind)
{
	struct kl_rule *rule = bpf_map_lookup_elem(&kl_rules, &flow->rule);
	struct kl_sa *sa;
	__u32 index, user = 0;

	if (!rule)
		return drop(KL_REASON_DROP_NO_SA);
	if (rule->mode == KL_AUTH_FIREWALL) {
		if (!ports_known)
			return drop(KL_REASON_DROP_FRAGMENT);
		if (kl_goes_clear(packet, fragment_kind))
			return pass(KL_REASON_PASS_AUTH_FIREWALL);
	}
	if (rule->flags & KL_RULE_HAS_USERS)
		user = kl_user_of(skb, &packet->tuple, rule->flags);
	index = kl_outbound_sa(&packet->tuple, flow, user);
	if (!index && ports_known && kl_sends_clear(&packet->tuple, flow, skb->ifindex, user))
		return pass(KL_REASON_PASS_DISCOVERY);
	if (!index) {
		kl_raise_acquire(&packet->tuple, flow->rule, skb->ifindex, user);
		if (!config->hold)
			return drop(KL_REASON_DROP_NO_SA);
		return hold(skb, config, packet, flow, user, KL_REASON_OUT_HELD);
	}
	if (rule->mode != KL_TRANSPORT || flow->discovery || (rule->flags & KL_RULE_KERNEL)) {
		sa = bpf_map_lookup_elem(&kl_sas, &index);
		if (!sa || sa->mode != rule->mode)
			return drop(KL_REASON_DROP_NO_SA);
		if (is_spared(sa, flow) && !kl_is_secure(&packet->tuple))
			return pass(KL_REASON_PASS_DISCOVERY);
		if (sa->engine == KL_ENGINE_KERNEL) {
			kl_note_secure(&packet->tuple, flow);
			if (kl_wants_mark(skb, packet, sa, rule))
				return hold(skb, config, packet, flow, user, KL_REASON_OUT_MARKED);
			return kl_to_kernel_esp(sa);
		}
		if (rule->mode == KL_TUNNEL && address_outer(skb, sa, &packet->tuple))
			return drop(KL_REASON_DROP_NO_NEIGHBOUR);
	}
	if (rule->mode == KL_AUTH_FIREWALL)
		return send_twice(skb, config, packet, index, user);
	kl_note_secure(&packet->tuple, flow);
	return hand_over(skb, config, index, KL_HANDOVER_SEAL, KL_REASON_OUT_FASTPATH);
}

SEC("tc")
int kl_egress(struct __sk_buff *skb)
{
	struct kl_config *config = kl_get_config();
	struct kl_packet packet = {};
	struct kl_fragment said = {};
	struct kl_flow flow = {};
	bool ports_known = true;
	int result;

	if (!config)
		return TC_ACT_SHOT;
	result = parse(skb, &packet);
	if (result == KL_NOT_IP || result == KL_NEIGHBOUR)
		return pass(KL_REASON_PASS_LOCAL);
	if (result != KL_PARSED)
		return drop(kl_parse_reason(result));
	if (packet.later_fragment)
		ports_known = kl_recall_fragment(&packet, &said);
	if (packet.tuple.protocol == IPPROTO_ESP)
		return pass(KL_REASON_PASS_ESP);
	if (ports_known && is_own_ike(skb, config, &packet)) {
		if (packet.first_fragment)
			kl_remember_fragment(&packet, KL_FRAGMENT_IKE);
		return pass(KL_REASON_PASS_IKE);
	}
	if (packet.first_fragment)
		kl_remember_fragment(&packet, KL_FRAGMENT_CLASSIFY);
	if (!kl_decide(&packet.tuple, &flow, ports_known))
		return drop(KL_REASON_DROP_FRAGMENT);
	switch (flow.action) {
	case KL_ACTION_BYPASS:
		return pass(flow.rule ? KL_REASON_PASS_BYPASS : KL_REASON_PASS_NO_RULE);
	case KL_ACTION_PROTECT:
		return protect(skb, config, &packet, &flow, ports_known, said.kind);
	default:
		return drop(KL_REASON_DROP_BLOCK);
	}
}

char _license[] SEC("license") = "Dual BSD/GPL";
